// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { exportJWK, generateKeyPair } from 'jose';
import { askOperator, type OperatorOptions } from './operator.ts';
import type { AddCommand, Terminal } from './terminal.ts';

interface AddOptions extends OperatorOptions {
  participant: string;
  scope: string;
  name?: string;
  purpose: string[];
  jwks?: string;
  generateKey?: string;
}

interface ClientLine {
  id: string;
  participant: string;
  scope: string;
  purposes: string[];
  active: boolean;
}

/** `mooring clients`: who may ask a running bridge for tokens. */
export const addClients: AddCommand = (program, terminal) => {
  const clients = program
    .command('clients')
    .description('register, list and suspend the software that may ask for tokens');
  withBridge(clients.command('add'))
    .description('register a client of a participant')
    .argument('<id>', 'the client_id')
    .requiredOption('--participant <id>', 'the participant on the ledger that it acts for')
    .requiredOption('--scope <scopes>', 'SMART scopes it may ask for, such as "system/*.rs"')
    .option('--name <text>', 'what people call it')
    .option('--purpose <code>', 'v3 PurposeOfUse it may name, the first by default; repeatable', collect, [])
    .option('--jwks <file>', 'its public keys: a JWK or a JWK Set')
    .option('--generate-key <file>', 'make a key pair and keep the private JWK in this new file')
    .action((id: string, options: AddOptions) => add(id, options, terminal));
  withBridge(clients.command('list'))
    .description('one line a client')
    .action(async (options: OperatorOptions) => {
      for (const client of (await askOperator(options, 'GET', '/clients')) as ClientLine[])
        terminal.out(lineOf(client));
    });
  withBridge(clients.command('suspend'))
    .description('refuse the client from now on, also with the tokens that it holds')
    .argument('<id>', 'the client_id')
    .action(async (id: string, options: OperatorOptions) => {
      await askOperator(options, 'DELETE', `/clients/${encodeURIComponent(id)}`);
      terminal.out(`${id} is suspended`);
    });
};

async function add(id: string, options: AddOptions, terminal: Terminal): Promise<void> {
  if ((options.jwks === undefined) === (options.generateKey === undefined)) {
    terminal.err('mooring clients add: give either --jwks FILE or --generate-key FILE');
    terminal.exitCode = 2;
    return;
  }
  const jwks =
    options.jwks === undefined ? await generateKey(options.generateKey!) : await readKeySet(options.jwks);
  const { participant, scope, name, purpose } = options;
  const registration = {
    id,
    participant,
    scope,
    jwks,
    ...(name ? { name } : {}),
    ...(purpose.length > 0 ? { purposes: purpose } : {}),
  };
  terminal.out(lineOf((await askOperator(options, 'POST', '/clients', registration)) as ClientLine));
}

/** The private key is on disk before the public one is registered, so that no client is left without its key. */
async function generateKey(file: string): Promise<unknown> {
  const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true });
  const named = { kid: randomUUID(), alg: 'ES384' };
  const text = `${JSON.stringify({ ...(await exportJWK(privateKey)), ...named })}\n`;
  await writeFile(file, text, { flag: 'wx', mode: 0o600 });
  return { keys: [{ ...(await exportJWK(publicKey)), ...named }] };
}

async function readKeySet(file: string): Promise<unknown> {
  const value: unknown = JSON.parse(await readFile(file, 'utf8'));
  return typeof value === 'object' && value !== null && 'keys' in value ? value : { keys: [value] };
}

function withBridge(command: Command): Command {
  return command
    .option('--url <url>', 'the running bridge', 'http://127.0.0.1:8080')
    .option('--data-dir <folder>', 'its data folder, where the operator token is', 'data/hospital');
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function lineOf({ id, participant, scope, purposes, active }: ClientLine): string {
  return `${id}  participant ${participant}  scope "${scope}"  purposes ${purposes.join(',')}  ${active ? 'active' : 'suspended'}`;
}
