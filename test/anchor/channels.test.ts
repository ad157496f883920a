// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { toBase64 } from '../../src/anchor/base64.ts';
import { latestOnLedger } from '../../src/anchor/ledger-checkpoints.ts';
import { openProofs } from '../../src/anchor/proofs.ts';
import type { EmbeddedChannel } from '../../src/ledger/embedded/channel.ts';
import { verifyEmbeddedEvidence } from '../../src/ledger/embedded/verify.ts';
import { type Ledger, LedgerError } from '../../src/ledger/ledger.ts';
import * as before from '../../src/store/migrations/0003-log.ts';
import * as migration from '../../src/store/migrations/0007-anchors.ts';
import { sql } from '../../src/store/sql/database.ts';
import { HOME, keep, openChannel, ownParts, ownWorker } from './bridge.ts';
import { addLeaves, NOW, ORIGIN, ownServer } from './support.ts';

const SECOND = 'research';

/** The parts of a bridge, and a second channel beside its home channel, over which somebody can pull the plug. */
async function twoChannels(t: TestContext) {
  const parts = await ownParts(t);
  const channel = await openChannel(parts.server, 'research', Buffer.alloc(32, 8));
  t.after(() => channel.close());
  const real = channel.as({ mspId: 'HospitalMSP', name: 'bridge' });
  let away = false;
  const unless = <T>(act: () => Promise<T>): Promise<T> =>
    away ? Promise.reject(new LedgerError('UNAVAILABLE', 'the channel is away')) : act();
  const ledger: Pick<Ledger, 'submit' | 'evaluate' | 'evidence'> = {
    submit: (transaction) => unless(() => real.submit(transaction)),
    evaluate: (transaction) => unless(() => real.evaluate(transaction)),
    evidence: (transactionId) => unless(() => real.evidence(transactionId)),
  };
  const plug = (out: boolean) => {
    away = out;
  };
  return { ...parts, second: { channel, ledger, plug } };
}

test('one log is anchored on each channel at its own pace, and each checkpoint extends that channel’s own', async (t) => {
  const { db, log, ledger, second } = await twoChannels(t);
  const home = ownWorker(t, { log, ledger });
  await addLeaves(db, 10);
  await home.anchored(10);
  await addLeaves(db, 7);
  await home.anchored(17);
  // The second channel joins late: its first checkpoint is of 17 leaves, its next extends that one.
  const other = ownWorker(t, { log, ledger: second.ledger }, { channel: SECOND });
  await other.anchored(17);
  await addLeaves(db, 3);
  await Promise.all([home.anchored(20), other.anchored(20)]);
  assert.deepEqual([home.submitted(), other.submitted()], [3, 2]);
  assert.equal(
    (await latestOnLedger(second.ledger, ORIGIN))?.root,
    (await latestOnLedger(ledger, ORIGIN))?.root,
  );
  assert.equal((await log.covering(1, HOME))?.size, 10);
  assert.equal((await log.covering(1, SECOND))?.size, 17);
  assert.notDeepEqual((await log.covering(20, HOME))?.anchored, (await log.covering(20, SECOND))?.anchored);
});

test('a channel that is away holds up no other, and catches up in one transaction when it is back', async (t) => {
  const { db, log, ledger, second } = await twoChannels(t);
  const home = ownWorker(t, { log, ledger });
  const other = ownWorker(t, { log, ledger: second.ledger }, { channel: SECOND, patienceMs: 10_000 });
  second.plug(true);
  for (const size of [10, 20, 30]) {
    await addLeaves(db, 10);
    await home.anchored(size);
  }
  assert.equal(home.status().problem, undefined);
  const back = other.anchored(30);
  while (other.status().problem === undefined) await new Promise((resume) => setTimeout(resume, 5));
  assert.deepEqual([other.status().problem, await log.anchoredSize(SECOND)], ['UNAVAILABLE', 0]);
  second.plug(false);
  await back;
  assert.deepEqual([await log.anchoredSize(SECOND), other.submitted()], [30, 1]);
});

test('enough waiting leaves hurry every channel, whichever took them into the tree', {
  timeout: 20_000,
}, async (t) => {
  const { db, log, ledger, second } = await twoChannels(t);
  const home = ownWorker(t, { log, ledger });
  const other = ownWorker(t, { log, ledger: second.ledger }, { channel: SECOND, leaves: 50 });
  await other.anchored(0);
  await addLeaves(db, 50);
  await home.anchored(50);
  assert.equal(await log.backlog(), 0);
  while ((await log.anchoredSize(SECOND)) < 50) await new Promise((resume) => setTimeout(resume, 10));
});

test('a receipt has its evidence from the channel that was asked for, and from the home channel otherwise', async (t) => {
  const { db, log, store, ledger, channel, second } = await twoChannels(t);
  const home = ownWorker(t, { log, ledger });
  const other = ownWorker(t, { log, ledger: second.ledger }, { channel: SECOND });
  const proofs = openProofs({
    ...{ log, store, db },
    channels: [
      { name: HOME, ledger, anchored: home.anchored },
      { name: SECOND, ledger: second.ledger, anchored: other.anchored },
    ],
  });
  await keep(store, '{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"Sodium"}}');
  const evidenceFrom = async (name?: string) =>
    (await proofs.receipt('Observation', 'o1', undefined, undefined, name))?.ledger;
  const provenBy = async (trusted: EmbeddedChannel, evidence: unknown) => {
    const { root, size } = await log.latest();
    const ledgerKey = { kind: 'embedded', publicKey: toBase64(trusted.publicKey) } as const;
    return verifyEmbeddedEvidence(evidence, ledgerKey, {
      origin: ORIGIN,
      size: `${size}`,
      root: toBase64(root),
    }).ok;
  };
  for (const evidence of [await evidenceFrom(), await evidenceFrom(HOME)])
    assert.deepEqual(
      [await provenBy(channel, evidence), await provenBy(second.channel, evidence)],
      [true, false],
    );
  const evidence = await evidenceFrom(SECOND);
  assert.deepEqual(
    [await provenBy(channel, evidence), await provenBy(second.channel, evidence)],
    [false, true],
  );
  // The other channel away: the home channel’s receipt doesn’t need it, and what isn’t anchored there yet is said.
  second.plug(true);
  await keep(store, '{"resourceType":"Observation","id":"o2","status":"final","code":{"text":"Sodium"}}');
  assert.ok(await proofs.receipt('Observation', 'o2'));
  await other.close();
  for (const name of [SECOND, 'unheard-of'])
    await assert.rejects(proofs.receipt('Observation', 'o2', undefined, undefined, name), {
      code: 'NOT_ANCHORED',
    });
  assert.equal((await proofs.verify('Observation', 'o2'))?.status, 'verified');
});

test('what was anchored before there were several channels is known to be on the home channel', async (t) => {
  const db = await (await ownServer(t)).schema('old');
  for (const table of ['log_anchor', 'log_checkpoint', 'log_tile', 'log_integrated'])
    await sql`drop table ${sql.id(table)}`.execute(db);
  await before.up(db as never);
  const at = new Date(NOW).toISOString();
  await sql`insert into log_checkpoint values (3, '', 'note', ${at}, 'tx', 7, ${at}), (5, '', 'note', ${at}, null, null, null)`.execute(
    db,
  );
  await migration.up(db as never);
  const { rows } = await sql`select channel, size, transaction_id, block from log_anchor`.execute(db);
  assert.deepEqual(rows, [{ channel: HOME, size: 3, transaction_id: 'tx', block: 7 }]);
});
