// SPDX-License-Identifier: Apache-2.0
import { Command, CommanderError } from 'commander';
import type { AddCommand } from '../../src/cli/terminal.ts';

export interface Printed {
  readonly out: string[];
  readonly err: string[];
  readonly code: number;
}

/** Runs a subcommand as the command line does, in this process. */
export async function runCommand(add: AddCommand, ...args: string[]): Promise<Printed> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    exitCode: 0,
  };
  const program = new Command('mooring').exitOverride().configureOutput({ writeErr: () => {} });
  add(program, terminal);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { out, err, code: 2 };
  }
  return { out, err, code: terminal.exitCode };
}
