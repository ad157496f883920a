// SPDX-License-Identifier: Apache-2.0
import type { Terminal } from './terminal.ts';

/** Waits for bridges to start. When they fail, the process ends with 1: what of them runs already would keep it, and go on for ever. */
export async function startOrExit<T>(starting: Promise<T>, terminal: Terminal): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    terminal.err(`mooring: ${(error as Error).message}`);
    process.exit(1);
  }
}
