// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { AddCommand, Terminal } from './terminal.ts';

/** By name: a command line loads the subcommand that it names, and doesn't wait for the others. */
const COMMANDS: ReadonlyMap<string, () => Promise<AddCommand>> = new Map([
  ['serve', async () => (await import('./serve.ts')).addServe],
  ['tour', async () => (await import('./tour.ts')).addTour],
  ['convert', async () => (await import('./convert.ts')).addConvert],
  ['send', async () => (await import('./send.ts')).addSend],
  ['replay', async () => (await import('./replay.ts')).addReplay],
  ['verify', async () => (await import('./verify.ts')).addVerify],
  ['clients', async () => (await import('./clients.ts')).addClients],
  ['token', async () => (await import('./token.ts')).addToken],
  ['consents', async () => (await import('./consents.ts')).addConsents],
  ['ledger', async () => (await import('./ledger.ts')).addLedger],
  ['mappings', async () => (await import('./mappings.ts')).addMappings],
  ['config', async () => (await import('./config.ts')).addConfig],
]);

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
    .version(versionOf(), '--version')
    .showHelpAfterError('(mooring --help says more)')
    .exitOverride();
  for (const add of await commandsFor(args[0] ?? '')) add(program, terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    terminal.err(`mooring: ${(error as Error).message}`);
    return 1;
  }
  return terminal.exitCode;
}

/** All of them for whoever asks which there are, or means one that there isn't. */
async function commandsFor(first: string): Promise<readonly AddCommand[]> {
  if (first === '--version') return [];
  const named = COMMANDS.get(first);
  return Promise.all(named ? [named()] : [...COMMANDS.values()].map((load) => load()));
}

function versionOf(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
