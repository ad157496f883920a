// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Command } from 'commander';
import express from 'express';
import { addClients } from '../../src/cli/clients.ts';
import type { AddCommand, Terminal } from '../../src/cli/terminal.ts';
import { addToken } from '../../src/cli/token.ts';
import { operatorClientRoutes } from '../../src/exchange/auth/operator.ts';
import { openLogger } from '../../src/operate/log.ts';
import { operatorRouter } from '../../src/operate/operator.ts';
import { type Hospital, openHospital } from './bridge.ts';

let hospital: Hospital;
let folder: string;
let operator: string[];
let close: () => Promise<unknown>;

before(async () => {
  hospital = await openHospital();
  folder = await mkdtemp(join(tmpdir(), 'mooring-cli-'));
  const app = express();
  app.use(
    '/operator',
    await operatorRouter(folder, [operatorClientRoutes(hospital.clients)], openLogger('silent')),
  );
  const server = createServer(app);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  operator = ['--url', `http://127.0.0.1:${(server.address() as AddressInfo).port}`, '--data-dir', folder];
  close = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await rm(folder, { recursive: true, force: true });
  };
});

after(async () => {
  await close?.();
  await hospital?.close();
});

async function run(
  add: AddCommand,
  ...args: string[]
): Promise<{ lines: string[]; errors: string[]; exitCode: number }> {
  const [lines, errors]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    out: (line) => void lines.push(line),
    err: (line) => void errors.push(line),
    exitCode: 0,
  };
  const program = new Command('mooring').exitOverride();
  add(program, terminal);
  await program.parseAsync(args, { from: 'user' });
  return { lines, errors, exitCode: terminal.exitCode };
}

test('an operator registers a client, and its token opens the FHIR endpoint until the client is suspended', async () => {
  const key = join(folder, 'ehr.jwk');
  const added = await run(
    addClients,
    'clients',
    'add',
    'ehr',
    '--participant',
    'hospital',
    '--scope',
    'system/*.rs',
    '--generate-key',
    key,
    ...operator,
  );
  assert.match(added.lines[0] ?? '', /^ehr {2}participant hospital .* active$/);
  assert.equal((await stat(key)).mode & 0o777, 0o600);
  const { lines } = await run(addToken, 'token', '--client', 'ehr', '--key', key, '--url', hospital.url);
  const read = () => hospital.http.get('/fhir/Patient').set('authorization', `Bearer ${lines[0]}`);
  await read().expect(200);
  const listed = await run(addClients, 'clients', 'list', ...operator);
  assert.match(listed.lines.join('\n'), /ehr .*system\/\*\.rs/);
  assert.ok(!listed.lines.join('\n').includes(JSON.parse(await readFile(key, 'utf8')).d));
  await run(addClients, 'clients', 'suspend', 'ehr', ...operator);
  await read().expect(401);
  await assert.rejects(
    run(addToken, 'token', '--client', 'ehr', '--key', key, '--url', hospital.url),
    /invalid_client/,
  );
});

test('a key file is never written over, and one key source must be named', async () => {
  const key = join(folder, 'once.jwk');
  const details = ['--participant', 'hospital', '--scope', 'system/*.rs', ...operator];
  await run(addClients, 'clients', 'add', 'once', '--generate-key', key, ...details);
  const before = await readFile(key, 'utf8');
  await assert.rejects(run(addClients, 'clients', 'add', 'twice', '--generate-key', key, ...details), {
    code: 'EEXIST',
  });
  assert.equal(await readFile(key, 'utf8'), before);
  assert.equal((await run(addClients, 'clients', 'add', 'neither', ...details)).exitCode, 2);
});

test('what the bridge refuses, the operator reads as it is', async () => {
  const details = [
    '--participant',
    'hospital',
    '--scope',
    'everything',
    '--generate-key',
    join(folder, 'bad.jwk'),
    ...operator,
  ];
  await assert.rejects(run(addClients, 'clients', 'add', 'bad', ...details), /scope: expected SMART scopes/);
});
