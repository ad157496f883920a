// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import express from 'express';
import { parse } from 'yaml';
import { addMappings } from '../../../src/cli/mappings.ts';
import { UnknownCodeCounts } from '../../../src/ingest/inbox/unknown-codes.ts';
import { operatorInboxRoutes } from '../../../src/ingest/inbox.ts';
import type { Normalizer } from '../../../src/normalize/convert.ts';
import { operatorRouter } from '../../../src/operate/operator.ts';
import { type Db, sql } from '../../../src/store/sql/database.ts';
import { bench, message, normalizer, VIA } from './support.ts';

/** Says that the code in OBX-5 is unknown. */
const finding: Normalizer = {
  convert(sent, options) {
    const code = sent.segment('OBX')?.value(5) ?? '';
    const unknown = {
      sender: sent.header.value(4),
      field: 'OBX-5',
      system: '99X',
      code,
      display: 'As they say',
    };
    return { ...normalizer.convert(sent, options), unknownCodes: code === '' ? [] : [unknown] };
  },
};

test('unknown codes are counted once a message, however often it is sent, and listed by frequency', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open({ normalizer: finding });
  for (const [control, value] of [
    ['1', 'RARE'],
    ['2', 'OFTEN'],
    ['3', 'OFTEN'],
    ['3', 'OFTEN'],
    ['4', ''],
  ] as const)
    await inbox.receive(message({ control, value }), VIA);
  const codes = await inbox.unknownCodes();
  assert.deepEqual(
    codes.map(({ code, messages, sender, display }) => [code, messages, sender, display]),
    [
      ['OFTEN', 2, 'HARBOUR', 'As they say'],
      ['RARE', 1, 'HARBOUR', 'As they say'],
    ],
  );
  await inbox.receive(message({ control: '5', value: 'RARE' }), VIA);
  assert.deepEqual(
    (await inbox.unknownCodes()).map(({ messages }) => messages),
    [2, 2],
  );
});

test('what has been counted is there after a restart, in which no code or sender can be read in the database', async (t) => {
  const desk = await bench(t);
  const first = await desk.open({ normalizer: finding });
  await first.receive(message({ value: 'SECRETLY' }), VIA);
  await first.close();
  desk.opened.splice(0);
  const rows = await sql<{ all: string }>`select (t.*)::text as all from unknown_code t`.execute(desk.db);
  assert.equal(rows.rows.length, 1);
  const stored = rows.rows[0]!.all;
  const bytes = [...stored.matchAll(/\\x([0-9a-f]+)/g)].map((found) =>
    Buffer.from(found[1]!, 'hex').toString('latin1'),
  );
  assert.ok(bytes.length >= 2);
  for (const word of ['SECRETLY', 'HARBOUR', '99X', 'As they say', 'OBX-5'])
    assert.ok(![stored, ...bytes].join('\n').includes(word), word);
  const second = await desk.open({ normalizer: finding });
  assert.equal((await second.unknownCodes())[0]?.code, 'SECRETLY');
});

test('of too many different codes the frequent ones are kept', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open({ normalizer: finding, limits: { maxCodes: 3, codesMs: 3_600_000 } });
  await inbox.receive(message({ control: 'A', value: 'OFTEN' }), VIA);
  await inbox.receive(message({ control: 'B', value: 'OFTEN' }), VIA);
  await inbox.unknownCodes();
  for (let n = 0; n < 10; n += 1) await inbox.receive(message({ control: `C${n}`, value: `ONCE-${n}` }), VIA);
  const codes = await inbox.unknownCodes();
  assert.equal((await inbox.unknownCodes()).length, 3);
  assert.equal(codes[0]?.code, 'OFTEN');
});

test('messages wait for no writing of counts', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open({ normalizer: finding, limits: { codesMs: 3_600_000 } });
  await inbox.receive(message({ value: 'CODE' }), VIA);
  const count = async () => (await sql`select 1 from unknown_code`.execute(desk.db)).rows.length;
  assert.equal(await count(), 0);
  await inbox.unknownCodes();
  assert.equal(await count(), 1);
});

test('the database is not asked when nothing has been counted', async (t) => {
  const { keyring, now, logger } = await bench(t);
  const nowhere = null as unknown as Db;
  const limits = { codesMs: 3_600_000, maxCodes: 10 };
  const counts = new UnknownCodeCounts(
    { db: nowhere, now, logger, limits },
    await keyring.secret('blind-index'),
  );
  await counts.flush();
  counts.offer('1', [{ sender: 'HARBOUR', field: 'OBX-5', system: '', code: 'X' }]);
  counts.drop('1');
  counts.count('1');
  await counts.flush();
  counts.offer('2', [{ sender: 'HARBOUR', field: 'OBX-5', system: '', code: 'X' }]);
  counts.count('2');
  await assert.rejects(counts.flush());
  await counts.close();
});

test('the operator lists them at the command line', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open({ normalizer: finding });
  await inbox.receive(message({ value: 'CODE' }), VIA);
  const folder = await mkdtemp(join(tmpdir(), 'mooring-codes-'));
  const app = express().use(
    '/operator',
    await operatorRouter(folder, [operatorInboxRoutes(inbox)], desk.logger),
  );
  const server = createServer(app).listen(0, '127.0.0.1');
  t.after(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  await new Promise((listening) => server.once('listening', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const out: string[] = [];
  const program = new Command('mooring');
  addMappings(program, { out: (line) => out.push(line), err: assert.fail, exitCode: 0 });
  const args = ['mappings', 'unmapped', '--url', url, '--data-dir', folder];
  await program.parseAsync(args, { from: 'user' });
  assert.match(out[1]!, /^1 +HARBOUR +OBX-5 +99X +CODE +As they say +coding system not known$/);
  out.splice(0);
  await program.parseAsync([...args, '--format', 'site'], { from: 'user' });
  assert.deepEqual(parse(out.join('\n')), { facility: 'HARBOUR', codes: { '99X': { CODE: '' } } });
  assert.equal((await fetch(`${url}/operator/unmapped-codes`)).status, 401);
});
