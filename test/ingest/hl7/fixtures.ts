// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Fixture {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The messages of a folder of `fixtures/`, in the order of their names. */
export function fixtures(folder: 'hl7' | 'hl7-invalid' = 'hl7'): Fixture[] {
  const path = fileURLToPath(new URL(`../../../fixtures/${folder}/`, import.meta.url));
  const names = readdirSync(path).filter((name) => name.endsWith('.hl7'));
  return names.sort().map((name) => ({ name, bytes: readFileSync(path + name) }));
}
