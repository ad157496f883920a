// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latestOnLedger } from '../../src/anchor/ledger-checkpoints.ts';
import { openLog } from '../../src/anchor/log.ts';
import { type Ledger, LedgerError, type Transaction } from '../../src/ledger/ledger.ts';
import { anchorHome, HOME, ownParts, ownWorker } from './bridge.ts';
import { addLeaves, leafAt, NOW, ORIGIN, SEED } from './support.ts';

type Port = Pick<Ledger, 'submit' | 'evaluate'>;

/** The ledger, with what was submitted written down, and failing where a test says so. */
function watched(
  ledger: Ledger,
  fail: (transaction: Transaction, attempt: number) => 'before' | 'after' | undefined,
) {
  const sizes: number[] = [];
  let attempt = 0;
  const port: Port = {
    evaluate: (transaction) => ledger.evaluate(transaction),
    async submit(transaction) {
      const how = fail(transaction, ++attempt);
      if (how === 'before') throw new LedgerError('UNAVAILABLE', 'the ledger is away');
      const committed = await ledger.submit(transaction);
      sizes.push(Number(transaction.args[1]));
      if (how === 'after') throw new LedgerError('UNAVAILABLE', 'the answer was lost');
      return committed;
    },
  };
  return { port, sizes };
}

test('many leaves are anchored in one transaction, and each new checkpoint extends the one before', async (t) => {
  const { db, log, ledger } = await ownParts(t);
  const { port, sizes } = watched(ledger, () => undefined);
  const worker = ownWorker(t, { log, ledger: port });
  await addLeaves(db, 500);
  await worker.anchored(500);
  await addLeaves(db, 77);
  await worker.anchored(577);
  assert.deepEqual(sizes, [500, 577]);
  assert.equal(worker.submitted(), 2);
  assert.equal((await latestOnLedger(ledger, ORIGIN))?.size, 577);
  const { anchored } = (await log.covering(577, HOME)) ?? {};
  assert.ok(anchored?.transactionId && anchored.block !== undefined);
  const { problem: _, ...status } = worker.status();
  assert.deepEqual(status, { size: 577, anchoredSize: 577, ageMs: 0 });
});

test('the interval is kept, and enough leaves do not wait for it', async (t) => {
  const { db, log, ledger } = await ownParts(t);
  const often = ownWorker(t, { log, ledger }, { intervalMs: 20 });
  await addLeaves(db, 3);
  while ((await log.anchoredSize(HOME)) < 3) await new Promise((resume) => setTimeout(resume, 10));
  await often.close();
  const seldom = ownWorker(t, { log, ledger }, { intervalMs: 60_000, leaves: 50 });
  await seldom.anchored(3);
  await addLeaves(db, 50);
  while ((await log.anchoredSize(HOME)) < 53) await new Promise((resume) => setTimeout(resume, 10));
});

test('a ledger that is away is caught up with when it is back', async (t) => {
  const { db, log, ledger } = await ownParts(t);
  const { port, sizes } = watched(ledger, (_, attempt) => (attempt <= 2 ? 'before' : undefined));
  await addLeaves(db, 10);
  const worker = ownWorker(t, { log, ledger: port });
  await worker.anchored(10);
  assert.deepEqual(sizes, [10]);
  assert.equal(worker.status().problem, undefined);
});

test('a checkpoint whose answer was lost is not submitted again, by this process or the next', async (t) => {
  const { db, log, ledger } = await ownParts(t);
  const { port, sizes } = watched(ledger, (_, attempt) => (attempt === 1 ? 'after' : undefined));
  await addLeaves(db, 10);
  await log.integrate();
  await assert.rejects(anchorHome({ log, ledger: port }), { code: 'UNAVAILABLE' });
  assert.equal(await log.anchoredSize(HOME), 0);
  // What a new process finds: the same database and ledger, and no memory.
  const reopened = await openLog({ db, origin: ORIGIN, signingSecret: SEED, now: () => NOW });
  const worker = ownWorker(t, { log: reopened, ledger: port });
  await worker.anchored(10);
  assert.deepEqual(sizes, [10]);
  assert.ok((await log.covering(10, HOME))?.anchored);
});

test('instances that share a database anchor each checkpoint once', async (t) => {
  const { db, ledger } = await ownParts(t);
  const { port, sizes } = watched(ledger, () => undefined);
  const workers = await Promise.all(
    [1, 2, 3].map(async () =>
      ownWorker(t, {
        log: await openLog({ db, origin: ORIGIN, signingSecret: SEED, now: () => NOW }),
        ledger: port,
      }),
    ),
  );
  for (let round = 1; round <= 5; round++) {
    await addLeaves(db, 20);
    await Promise.all(workers.map((worker) => worker.anchored(round * 20)));
  }
  assert.equal(new Set(sizes).size, sizes.length);
  assert.deepEqual(
    sizes,
    [...sizes].sort((a, b) => a - b),
  );
  assert.equal(sizes.at(-1), 100);
});

test('a rewritten log is not anchored: the worker says so, and the ledger would refuse it', async (t) => {
  const { server, db, log, ledger } = await ownParts(t);
  await addLeaves(db, 20);
  await log.integrate();
  await anchorHome({ log, ledger });
  // The operator's second history: the same name and key, other leaves.
  const forged = await server.schema('forged');
  await addLeaves(forged, 30, (index) => leafAt(index + 1000));
  const rewritten = await openLog({ db: forged, origin: ORIGIN, signingSecret: SEED, now: () => NOW });
  await assert.rejects(anchorHome({ log: rewritten, ledger }), {
    code: 'LEDGER_DISAGREES',
  });
  const { root } = await rewritten.latest();
  const proof = (await rewritten.consistencyProof(20, 30)).map((hash) =>
    Buffer.from(hash).toString('base64'),
  );
  const args = [ORIGIN, '30', Buffer.from(root).toString('base64'), JSON.stringify(proof)];
  await assert.rejects(ledger.submit({ contract: 'records', name: 'Checkpoint', args }), {
    code: 'CHECKPOINT_NOT_CONSISTENT',
  });
  const worker = ownWorker(t, { log: rewritten, ledger }, { patienceMs: 300 });
  await assert.rejects(worker.anchored(30), { code: 'TIMEOUT' });
  assert.equal(worker.status().problem, 'LEDGER_DISAGREES');
});

test('whoever waits when the worker is closed is told so', async (t) => {
  const { log, ledger } = await ownParts(t);
  const worker = ownWorker(t, { log, ledger });
  const waiting = assert.rejects(worker.anchored(5), { code: 'CLOSED' });
  await worker.close();
  await waiting;
  await assert.rejects(worker.anchored(5), { code: 'CLOSED' });
});
