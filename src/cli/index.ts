// SPDX-License-Identifier: Apache-2.0
import { Command, CommanderError } from 'commander';
import { addClients } from './clients.ts';
import { addConfig } from './config.ts';
import { addConsents } from './consents.ts';
import { addConvert } from './convert.ts';
import { addLedger } from './ledger.ts';
import { addMappings } from './mappings.ts';
import { addReplay } from './replay.ts';
import { addSend } from './send.ts';
import { addServe } from './serve.ts';
import type { AddCommand, Terminal } from './terminal.ts';
import { addToken } from './token.ts';
import { addTour } from './tour.ts';
import { addVerify } from './verify.ts';

const COMMANDS: readonly AddCommand[] = [
  addServe,
  addTour,
  addConvert,
  addSend,
  addReplay,
  addVerify,
  addClients,
  addToken,
  addConsents,
  addLedger,
  addMappings,
  addConfig,
];

/** Runs one command line; resolves with the exit code: 0 all well, 1 something failed, 2 wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  const terminal: Terminal = {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    exitCode: 0,
  };
  const program = new Command('mooring')
    .description(
      'A FHIR/HL7 bridge: HL7v2 feeds become encrypted, anchored FHIR that is shared only with consent.',
    )
    .showHelpAfterError('(mooring --help says more)')
    .exitOverride();
  for (const add of COMMANDS) add(program, terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    terminal.err(`mooring: ${(error as Error).message}`);
    return 1;
  }
  return terminal.exitCode;
}
