// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Weight } from './weigh.ts';

/** Room for what is allocated between two collections, so that none happens while that is counted. */
const YOUNG_MB = 256;

const WEIGH = fileURLToPath(new URL('weigh.ts', import.meta.url));

/** What each subject weighs, by its number, each in a process of its own: none finds another's garbage or shapes of objects. */
export async function weighAll(subjects: number): Promise<Weight[][]> {
  const weights: Weight[][] = [];
  for (let subject = 0; subject < subjects; subject++) {
    const { stdout } = await promisify(execFile)(process.execPath, [
      `--min-semi-space-size=${YOUNG_MB}`,
      `--max-semi-space-size=${YOUNG_MB}`,
      ...['--import', 'tsx', WEIGH, String(subject)],
    ]);
    weights.push(JSON.parse(stdout) as Weight[]);
  }
  return weights;
}
