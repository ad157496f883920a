// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openProofs, parametersOf, type VerifyReport } from '../../src/anchor/proofs.ts';
import { LedgerError } from '../../src/ledger/ledger.ts';
import { sql } from '../../src/store/sql/database.ts';
import { openStore } from '../../src/store/sql/store.ts';
import { anchorHome, HOME, keep, ownParts, ownWorker, type Parts, proofsOf } from './bridge.ts';
import { addLeaves, NOW } from './support.ts';

const TEXT = '{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"Sodium"}}';
const ALL = ['content', 'commitment', 'leaf', 'inclusion', 'checkpoint', 'ledger'];

const failed = (report: VerifyReport | undefined) =>
  report?.checks.filter(({ ok }) => !ok).map(({ name }) => name);

async function anchoredRecord(parts: Parts) {
  await keep(parts.store, TEXT);
  await addLeaves(parts.db, 4);
  await parts.log.integrate();
  await anchorHome(parts);
  return proofsOf(parts);
}

test('a record is pending until the ledger has it, then verified', async (t) => {
  const parts = await ownParts(t);
  const { store, log } = parts;
  const proofs = proofsOf(parts);
  assert.equal(await proofs.verify('Observation', 'o1'), undefined);
  assert.equal(await proofs.receipt('Observation', 'o1'), undefined);
  await keep(store, TEXT);
  const stored = await proofs.verify('Observation', 'o1');
  assert.equal(stored?.status, 'pending');
  assert.deepEqual(
    stored?.pending.map(({ name }) => name),
    ['inclusion', 'checkpoint', 'ledger'],
  );
  await log.integrate();
  const signed = await proofs.verify('Observation', 'o1');
  assert.deepEqual(
    signed?.pending.map(({ name }) => name),
    ['ledger'],
  );
  await assert.rejects(proofs.receipt('Observation', 'o1'), { code: 'NOT_ANCHORED' });
  await anchorHome(parts);
  const report = await proofs.verify('Observation', 'o1', 1);
  assert.equal(report?.status, 'verified');
  assert.deepEqual(
    report?.checks.map(({ name }) => name),
    ALL,
  );
  assert.equal(await proofs.verify('Observation', 'o1', 2), undefined);
});

test('who asks right after a write waits for the worker rather than hear that it is pending', async (t) => {
  const parts = await ownParts(t);
  const { anchored } = ownWorker(t, parts);
  const { log, ledger, store, db } = parts;
  const proofs = openProofs({ log, channels: [{ name: HOME, ledger, anchored }], store, db });
  await keep(parts.store, TEXT);
  assert.equal((await proofs.verify('Observation', 'o1'))?.status, 'verified');
});

test('every version of a record has a proof of its own', async (t) => {
  const parts = await ownParts(t);
  await keep(parts.store, TEXT);
  await keep(parts.store, TEXT.replace('final', 'amended'));
  await parts.log.integrate();
  await anchorHome(parts);
  const proofs = proofsOf(parts);
  for (const version of [1, 2]) {
    const report = await proofs.verify('Observation', 'o1', version);
    assert.deepEqual([report?.status, report?.record.version], ['verified', version]);
  }
  assert.equal((await proofs.verify('Observation', 'o1'))?.record.version, 2);
});

// Each is one statement that somebody with access to the database could run.
const TAMPERING = {
  'a changed byte of the content': [
    sql`update version set content = set_byte(content, 20, (get_byte(content, 20) + 1) % 256) where id = 'o1'`,
    ['content'],
  ],
  'another time of the version': [
    sql`update version set updated = '2020-01-01T00:00:00Z' where id = 'o1'`,
    ['content'],
  ],
  'a record that is said to be deleted': [
    sql`update version set deleted = true where id = 'o1'`,
    ['content'],
  ],
  'a key that is gone': [sql`delete from subject_key`, ['content']],
  'a changed leaf': [
    sql`update version set leaf = set_byte(leaf, 9, (get_byte(leaf, 9) + 1) % 256) where id = 'o1'`,
    ['commitment', 'inclusion'],
  ],
  'a leaf of another kind': [
    sql`update version set leaf = set_byte(leaf, 0, 3) where id = 'o1'`,
    ['leaf', 'inclusion'],
  ],
  'a leaf at another place': [
    sql`update version set leaf_index = 100 - leaf_index`,
    // Beyond the tree: nothing has signed it.
    [],
  ],
  'a changed tile': [
    sql`update log_tile set hashes = set_byte(hashes, 40, (get_byte(hashes, 40) + 1) % 256)`,
    ['inclusion'],
  ],
  'a missing tile': [sql`delete from log_tile`, ['inclusion']],
  'another root in the list of checkpoints': [
    sql`update log_checkpoint set root = set_byte(root, 0, (get_byte(root, 0) + 1) % 256)`,
    ['inclusion', 'checkpoint', 'ledger'],
  ],
  'another note in the list of checkpoints': [
    sql`update log_checkpoint set note = replace(note, 'hospital', 'hospitai')`,
    ['checkpoint'],
  ],
} as const;

for (const [what, [tamper, names]] of Object.entries(TAMPERING))
  test(`${what} is found out by name`, async (t) => {
    const parts = await ownParts(t);
    await anchoredRecord(parts);
    await tamper.execute(parts.db);
    // A store that has nothing in memory, as after a restart.
    const store = await openStore({ db: parts.db, keyring: parts.keyring, now: () => NOW });
    const report = await proofsOf({ ...parts, store }).verify('Observation', 'o1');
    assert.deepEqual(failed(report), names);
    assert.notEqual(report?.status, 'verified');
    assert.ok(!JSON.stringify(report).includes('Sodium'));
  });

test('a ledger that has another checkpoint, or none, is found out; one that is away leaves it pending', async (t) => {
  const parts = await ownParts(t);
  await anchoredRecord(parts);
  const answering = (answer: () => Promise<Uint8Array>) =>
    proofsOf({ ...parts, ledger: { ...parts.ledger, evaluate: answer } }).verify('Observation', 'o1');
  const real = await parts.ledger.evaluate({
    contract: 'records',
    name: 'LatestCheckpoint',
    args: [parts.log.origin],
  });
  const other = JSON.stringify({
    ...JSON.parse(Buffer.from(real).toString()),
    root: Buffer.alloc(32).toString('base64'),
  });
  assert.deepEqual(failed(await answering(async () => Buffer.from(other))), ['ledger']);
  assert.deepEqual(failed(await answering(async () => Buffer.alloc(0))), ['ledger']);
  const away = await answering(async () => {
    throw new LedgerError('UNAVAILABLE', 'away');
  });
  assert.deepEqual([away?.status, away?.pending.map(({ name }) => name)], ['pending', ['ledger']]);
});

test('the report reads as FHIR Parameters', async (t) => {
  const parts = await ownParts(t);
  const report = await (await anchoredRecord(parts)).verify('Observation', 'o1');
  const parameters = parametersOf(report!);
  assert.equal(parameters.resourceType, 'Parameters');
  const list = parameters['parameter'] as {
    name: string;
    valueCode?: string;
    part?: { valueCode?: string }[];
  }[];
  assert.equal(list[0]?.valueCode, 'verified');
  assert.deepEqual(
    list.filter(({ name }) => name === 'check').map(({ part }) => part?.[0]?.valueCode),
    ALL,
  );
});
