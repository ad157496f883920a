// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ChaincodeStub } from 'fabric-shim-api';
import { makeBlock } from '../../src/ledger/embedded/block.ts';
import { deriveLedgerKeys } from '../../src/ledger/embedded/keys.ts';
import { persistBlock } from '../../src/ledger/embedded/persist.ts';
import { ReadWriteSet } from '../../src/ledger/embedded/rwset.ts';
import { CommittedState } from '../../src/ledger/embedded/state.ts';
import { emulateStub } from '../../src/ledger/embedded/stub.ts';
import { type DatabaseServer, type Db, openEmbedded } from '../../src/store/sql/database.ts';

const keys = deriveLedgerKeys(Buffer.alloc(32, 1));
const bytes = (text: string) => Buffer.from(text, 'utf8');
const text = (value: Uint8Array) => Buffer.from(value).toString('utf8');
let server: DatabaseServer;
let db: Db;
let head = { number: -1n, hash: new Uint8Array(32) as Uint8Array };

before(async () => {
  server = await openEmbedded();
  db = await server.schema('ledger');
});
after(() => server.close());

/** Runs on the stub what a transaction would do, and commits it in a block of its own. */
async function transact(act: (stub: ChaincodeStub) => Promise<void>): Promise<ReadWriteSet> {
  const set = new ReadWriteSet();
  const transaction = {
    contract: 'records',
    name: 'Test',
    args: [],
    transient: { t: bytes('hidden') },
  } as const;
  const identity = { mspId: 'M', name: 'n' };
  const proposal = { id: `tx${head.number + 1n}`, at: 1_700_000_000_123, identity, transaction };
  await act(emulateStub(proposal, new CommittedState(db, keys), set));
  const block = makeBlock(head, [{ proposal, set, result: bytes('') }], keys);
  await persistBlock(db, block, keys);
  head = block;
  return set;
}

async function keysIn(iterator: AsyncIterable<{ key: string }>): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of iterator) found.push(key);
  return found;
}

test('a transaction reads what is committed and never its own writes', async () => {
  await transact(async (stub) => {
    await stub.putState('k', bytes('1'));
    assert.equal((await stub.getState('k')).length, 0);
  });
  await transact(async (stub) => {
    await stub.putState('k', bytes('2'));
    assert.equal(text(await stub.getState('k')), '1');
  });
});

test('the last of several events counts', async () => {
  const set = await transact(async (stub) => {
    stub.setEvent('first', bytes('1'));
    stub.setEvent('second', bytes('2'));
  });
  assert.equal(set.event?.name, 'second');
});

test('composite keys are found by their beginning, in order, and not among plain ones', async () => {
  await transact(async (stub) => {
    for (const part of ['b', 'a', 'ab'])
      await stub.putState(stub.createCompositeKey('kind', ['x', part]), bytes(part));
    await stub.putState(stub.createCompositeKey('kind', ['xy', 'a']), bytes('no'));
    await stub.putState('plain', bytes('no'));
  });
  await transact(async (stub) => {
    const found = await keysIn(stub.getStateByPartialCompositeKey('kind', ['x']));
    assert.deepEqual(
      found.map((key) => stub.splitCompositeKey(key).attributes[1]),
      ['a', 'ab', 'b'],
    );
    assert.ok((await keysIn(stub.getStateByRange('', ''))).every((key) => !key.startsWith('\u0000')));
    assert.throws(() => stub.createCompositeKey('kind', ['a\u0000b']));
  });
});

test('history is newest first and knows deletions', async () => {
  await transact((stub) => stub.putState('h', bytes('1')));
  await transact((stub) => stub.deleteState('h'));
  await transact(async (stub) => {
    assert.equal((await stub.getState('h')).length, 0);
    const iterator = await stub.getHistoryForKey('h');
    const first = await iterator.next();
    const second = await iterator.next();
    assert.deepEqual(
      [first.value.isDelete, text(second.value.value), (await iterator.next()).done],
      [true, '1', true],
    );
    await iterator.close();
  });
});

test('private data are kept by collection and leave only hashes in the block; purged they are gone', async () => {
  await transact(async (stub) => {
    assert.equal(text(stub.getTransient().get('t') ?? bytes('')), 'hidden');
    await stub.putPrivateData('one', 'p', bytes('1'));
  });
  await transact(async (stub) => {
    assert.equal(text(await stub.getPrivateData('one', 'p')), '1');
    assert.equal((await stub.getPrivateData('two', 'p')).length, 0);
    assert.equal((await stub.getPrivateDataHash('one', 'p')).length, 32);
    await stub.purgePrivateData('one', 'p');
  });
  await transact(async (stub) => {
    assert.equal((await stub.getPrivateData('one', 'p')).length, 0);
  });
});

test('who and when come from the proposal', async () => {
  await transact(async (stub) => {
    assert.equal(stub.getMspID(), 'M');
    assert.equal(stub.getDateTimestamp().getTime(), 1_700_000_000_123);
    const { seconds, nanos } = stub.getTxTimestamp();
    assert.deepEqual([seconds.toNumber(), nanos], [1_700_000_000, 123_000_000]);
    assert.deepEqual(stub.getFunctionAndParameters(), { fcn: 'Test', params: [] });
  });
});

test('a range that was read conflicts with a key that appears in it', () => {
  const reader = new ReadWriteSet();
  reader.ranges.push({ start: 'a', end: 'c', found: [] });
  assert.ok(reader.conflictsWith(new Set(), ['b']));
  assert.ok(!reader.conflictsWith(new Set(), ['c', 'A']));
});
