// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { hashLeaf } from '@mooring/chaincode/merkle';
import express from 'express';
import request from 'supertest';
import { logRouter } from '../../src/anchor/http.ts';
import { openLog } from '../../src/anchor/log.ts';
import { trustOf } from '../../src/anchor/trust.ts';
import { sql } from '../../src/store/sql/database.ts';
import { needs } from '../require.ts';
import { addLeaves, leafAt, NOW, ORIGIN, ownServer, SEED } from './support.ts';

const LEDGER = { kind: 'embedded', publicKey: Buffer.alloc(32, 4).toString('base64') } as const;

async function ownLog(t: TestContext, leaves: number) {
  const db = await (await ownServer(t)).schema('hospital');
  const log = await openLog({ db, origin: ORIGIN, signingSecret: SEED, now: () => NOW });
  await addLeaves(db, leaves);
  await log.integrate();
  const app = express()
    .set('env', 'test')
    .use(logRouter(log, trustOf(log, [LEDGER])));
  return { db, log, app };
}

test('anyone can read the checkpoint, the key and the tiles, and cache what never changes', async (t) => {
  const { log, app } = await ownLog(t, 300);
  const checkpoint = await request(app).get('/log/checkpoint').expect(200);
  assert.equal(checkpoint.text, (await log.latest()).note);
  assert.equal(checkpoint.headers['content-type'], 'text/plain; charset=utf-8');
  assert.equal(checkpoint.headers['cache-control'], 'no-cache');
  assert.equal((await request(app).get('/log/key').expect(200)).text, `${log.verifierKey}\n`);

  const full = await request(app).get('/log/tile/0/000').expect(200);
  assert.equal(full.headers['content-type'], 'application/octet-stream');
  assert.match(String(full.headers['cache-control']), /max-age=31536000, immutable/);
  assert.equal(full.body.length, 8192);
  const partial = await request(app).get('/log/tile/0/001.p/44').expect(200);
  assert.deepEqual(partial.body.subarray(-32), hashLeaf(leafAt(299)));
  assert.equal((await request(app).get('/log/tile/1/000.p/1').expect(200)).body.length, 32);
  const entries = await request(app).get('/log/tile/entries/001.p/44').expect(200);
  assert.equal(entries.body.length, 44 * 36);
  assert.deepEqual(entries.body.subarray(0, 36), Buffer.concat([Buffer.of(0, 34), leafAt(256)]));
});

test('what the log does not have, or is asked for by another name, is not found', async (t) => {
  const { app } = await ownLog(t, 300);
  // The last one can't be decoded, which Express answers with 400.
  const paths = [
    'tile/0/001',
    'tile/0/001.p/45',
    'tile/0/002.p/1',
    'tile/1/000',
    'tile/2/000.p/1',
    'tile/entries/001',
    'tile/entries/001.p/45',
    'tile/0/1',
    'tile/0/x000/001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/64/000',
    'tile/-1/000',
    'tile',
    'tile/',
    'tile/entries',
    'checkpoint/x',
    'nothing',
    'tile/0/000%2Ep%2F0',
    'tile/0/%E0%A4%A',
  ];
  for (const path of paths) {
    const { status, headers } = await request(app).get(`/log/${path}`);
    assert.ok(status === 404 || (status === 400 && path.endsWith('%A')), `${path}: ${status}`);
    assert.ok(!/immutable/.test(String(headers['cache-control'])), path);
  }
});

test('a bridge hands out a trust file for a first look', async (t) => {
  const { log, app } = await ownLog(t, 1);
  const { body } = await request(app).get('/log/trust').expect(200);
  assert.deepEqual(body, {
    logKeys: [log.verifierKey],
    ledgers: [LEDGER],
  });
});

const fsck = needs('fsck', 'MOORING_TEST_FSCK');

test("Tessera's fsck finds the log in order, and finds out a log with a changed leaf", {
  skip: 'skip' in fsck ? fsck.skip : false,
  timeout: 60_000,
}, async (t) => {
  if ('skip' in fsck) return;
  const { db, app } = await ownLog(t, 70_001);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const folder = await mkdtemp(join(tmpdir(), 'mooring-fsck-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'key'), (await request(app).get('/log/key')).text);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/log/`;
  const check = () =>
    promisify(execFile)(fsck.value, [
      '-storage_url',
      url,
      '-public_key',
      join(folder, 'key'),
      '-ui=false',
      '-N',
      '4',
    ]);
  const { stderr } = await check();
  assert.match(stderr, /Successfully fsck'd log with size 70001/);
  const { rows } = await sql<{ leaf: Uint8Array }>`select leaf from version where leaf_index = 700`.execute(
    db,
  );
  const changed = Buffer.from(rows[0]!.leaf).fill(0, 2, 3).toString('hex');
  await sql`update version set leaf = decode(${changed}, 'hex') where leaf_index = 700`.execute(db);
  // This version exits with 0 either way: only what it prints tells.
  const after = await check();
  assert.match(after.stderr, /fsck failed/);
  assert.doesNotMatch(after.stderr, /Successfully/);
});
