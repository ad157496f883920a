// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { findTools, type Tools } from '../../../fabric/tools.ts';

/** Fabric's programs for tests: given in MOORING_TEST_FABRIC, or built with Go; otherwise why not. */
export function testTools(): { open: () => Promise<Tools> } | { skip: string } {
  const given = process.env['MOORING_TEST_FABRIC'];
  if (given) return { open: () => findTools(given, () => undefined) };
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
  } catch {
    return {
      skip: 'neither Go nor Fabric is here: set MOORING_TEST_FABRIC to a folder with bin/ and config/',
    };
  }
  return { open: () => findTools(undefined, (line) => console.error(line)) };
}
