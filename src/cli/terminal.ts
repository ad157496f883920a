// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';

/** Where a subcommand writes, and the exit code it leaves: 0 all well, 1 something failed, 2 wrong usage. */
export interface Terminal {
  out(line: string): void;
  err(line: string): void;
  exitCode: number;
}

/** A subcommand is one file that exports one of these; `cli/index.ts` lists them. */
export type AddCommand = (program: Command, terminal: Terminal) => void;
