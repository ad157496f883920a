// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashLeaf, verifyConsistency, verifyInclusion } from '@mooring/chaincode/merkle';
import { openCheckpoint } from '../../src/anchor/checkpoint.ts';
import { openVerifier } from '../../src/anchor/keys.ts';
import { openLog } from '../../src/anchor/log.ts';
import { treeHash } from '../../src/anchor/merkle.ts';
import { type Db, sql } from '../../src/store/sql/database.ts';
import { needs } from '../require.ts';
import { addLeaves, leafAt, NOW, ORIGIN, ownPostgresSchema, ownServer, SEED } from './support.ts';

const open = (db: Db) => openLog({ db, origin: ORIGIN, signingSecret: SEED, now: () => NOW });
const leafHashes = (size: number) => Array.from({ length: size }, (_, index) => hashLeaf(leafAt(index)));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('a log signs the tree over every leaf that is durable, and has a checkpoint from the start', async (t) => {
  const db = await (await ownServer(t)).schema('hospital');
  const log = await open(db);
  assert.equal((await log.latest()).size, 0);
  let before = await log.latest();
  for (const count of [1, 2, 252, 1, 1, 300]) {
    await addLeaves(db, count);
    assert.equal(await log.backlog(), count);
    const checkpoint = await log.integrate();
    assert.equal(checkpoint.size, before.size + count);
    assert.equal(hex(checkpoint.root), hex(treeHash(leafHashes(checkpoint.size))));
    const head = openCheckpoint(checkpoint.note, [openVerifier(log.verifierKey)]);
    assert.deepEqual(
      [head.origin, head.size, hex(head.root)],
      [ORIGIN, BigInt(checkpoint.size), hex(checkpoint.root)],
    );
    if (before.size > 0) {
      const proof = await log.consistencyProof(before.size, checkpoint.size);
      verifyConsistency(BigInt(before.size), before.root, head.size, head.root, proof);
    }
    before = checkpoint;
  }
  assert.equal(await log.backlog(), 0);
  assert.deepEqual(await log.integrate(), await log.latest());
});

test('every proof that a log makes from its tiles verifies', async (t) => {
  const db = await (await ownServer(t)).schema('hospital');
  const log = await open(db);
  await addLeaves(db, 70_000);
  const { size, root } = await log.integrate();
  assert.equal(size, 70_000);
  for (const index of [0, 1, 255, 256, 257, 4095, 4096, 65_535, 65_536, 69_887, 69_888, 69_999]) {
    const proof = await log.inclusionProof(index, size);
    verifyInclusion(BigInt(index), BigInt(size), hashLeaf(leafAt(index)), proof, root);
  }
  for (const smaller of [1, 255, 256, 257, 4096, 65_535, 65_536, 65_537, 69_999]) {
    const then = treeHash(leafHashes(smaller));
    verifyConsistency(BigInt(smaller), then, BigInt(size), root, await log.consistencyProof(smaller, size));
    const proof = await log.inclusionProof(smaller - 1, smaller);
    verifyInclusion(BigInt(smaller - 1), BigInt(smaller), hashLeaf(leafAt(smaller - 1)), proof, then);
  }
  // The example of tlog-tiles: 273 full tiles and one of 112, one full and one of 17, one of 1.
  for (const [level, index, width] of [
    [0, 272, 256],
    [0, 273, 112],
    [1, 0, 256],
    [1, 1, 17],
    [2, 0, 1],
  ] as const) {
    assert.equal((await log.tile(level, index, width))?.length, width * 32);
    if (width < 256) assert.equal(await log.tile(level, index, width + 1), undefined);
  }
  assert.equal(await log.tile(3, 0, 1), undefined);
  assert.equal((await log.entries(273, 112))?.length, 112);
  assert.equal(await log.entries(273), undefined);
});

test('what is in no checkpoint has no proof', async (t) => {
  const db = await (await ownServer(t)).schema('hospital');
  const log = await open(db);
  await addLeaves(db, 3);
  await log.integrate();
  for (const [index, size] of [
    [3, 3],
    [0, 4],
    [-1, 3],
    [0.5, 3],
    [0, 0],
    [Number.NaN, 3],
  ] as const)
    await assert.rejects(log.inclusionProof(index, size), { code: 'OUT_OF_RANGE' });
  for (const [size1, size2] of [
    [2, 4],
    [3, 2],
    [-1, 3],
  ] as const)
    await assert.rejects(log.consistencyProof(size1, size2), { code: 'OUT_OF_RANGE' });
});

async function race(db: Db): Promise<void> {
  const logs = await Promise.all([open(db), open(db), open(db)]);
  for (let round = 0; round < 8; round++)
    await Promise.all([addLeaves(db, 37), ...logs.map((log) => log.integrate()), addLeaves(db, 5)]);
  const finals = await Promise.all(logs.map((log) => log.integrate()));
  for (const { size, root } of finals) {
    assert.equal(size, 8 * 42);
    assert.equal(hex(root), hex(treeHash(leafHashes(size))));
  }
  const { rows } = await sql<{
    size: number;
    root: Uint8Array;
  }>`select size, root from log_checkpoint`.execute(db);
  for (const { size, root } of rows) assert.equal(hex(root), hex(treeHash(leafHashes(Number(size)))));
}

test('instances that share a database sign one root a size, however they race', async (t) => {
  await race(await (await ownServer(t)).schema('hospital'));
});

const postgres = needs('postgres', 'MOORING_TEST_POSTGRES');

test('so they do on a PostgreSQL server', { skip: 'skip' in postgres && postgres.skip }, async (t) => {
  if ('value' in postgres) await race(await ownPostgresSchema(t, postgres.value));
});

test('a log that is opened again goes on where it was', async (t) => {
  const db = await (await ownServer(t)).schema('hospital');
  await addLeaves(db, 300);
  const first = await (await open(db)).latest();
  await addLeaves(db, 300);
  const again = await open(db);
  const second = await again.latest();
  assert.equal(hex(second.root), hex(treeHash(leafHashes(600))));
  const proof = await again.consistencyProof(300, 600);
  verifyConsistency(300n, first.root, 600n, second.root, proof);
});

test('a log whose tiles or size were tampered with signs nothing any more', async (t) => {
  const server = await ownServer(t);
  const tampering = {
    tile: sql`update log_tile set hashes = set_byte(hashes, 40, 1 - get_byte(hashes, 40) % 2) where level = 0`,
    missing: sql`delete from log_tile where level = 0`,
    size: sql`update log_integrated set size = 2`,
    leaf: sql`delete from version where leaf_index = 3`,
  };
  for (const [name, tamper] of Object.entries(tampering)) {
    const db = await server.schema(name);
    const log = await open(db);
    await addLeaves(db, 3);
    await log.integrate();
    await addLeaves(db, 2);
    await tamper.execute(db);
    await assert.rejects(open(db), { code: 'LOG_DAMAGED' }, name);
    const { rows } = await sql<{ most: number }>`select max(size) as most from log_checkpoint`.execute(db);
    assert.equal(Number(rows[0]?.most), 3);
  }
});
