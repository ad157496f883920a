// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type EmbeddedChannel, openEmbeddedChannel } from '../../src/ledger/embedded/channel.ts';
import type { EmbeddedEvidence } from '../../src/ledger/embedded/evidence.ts';
import { verifyEmbeddedEvidence } from '../../src/ledger/embedded/verify.ts';
import { type DatabaseServer, type Db, openEmbedded, sql } from '../../src/store/sql/database.ts';
import { ledgerBehaviour } from './behaviour.ts';
import { readableOnLedger } from './dump.ts';
import { rootOf } from './merkle.ts';
import { ask, change, checkpoint, newPatient, register, submit, unique } from './network.ts';

let server: DatabaseServer;
let schemas = 0;
before(async () => {
  server = await openEmbedded();
});
after(() => server.close());

/** A clock that moves a millisecond each time it is asked, so that times in tests are in order. */
function ticking(start = Date.now()): () => number {
  let time = start;
  return () => {
    time += 1;
    return time;
  };
}

async function freshSchema(): Promise<Db> {
  schemas += 1;
  return server.schema(`ledger_${schemas}`);
}

async function openChannel(): Promise<{ channel: EmbeddedChannel; db: Db; signingSecret: Buffer }> {
  const db = await freshSchema();
  const signingSecret = randomBytes(32);
  return { channel: await openEmbeddedChannel({ db, now: ticking(), signingSecret }), db, signingSecret };
}

ledgerBehaviour('embedded', async () => {
  const { channel } = await openChannel();
  return {
    hospital: channel.as({ mspId: 'HospitalMSP', name: 'bridge' }),
    clinic: channel.as({ mspId: 'ClinicMSP', name: 'bridge' }),
    close: () => channel.close(),
  };
});

describe('the embedded ledger', () => {
  let channel: EmbeddedChannel;
  let db: Db;
  let signingSecret: Buffer;
  before(async () => {
    ({ channel, db, signingSecret } = await openChannel());
  });
  after(() => channel.close());
  const hospital = () => channel.as({ mspId: 'HospitalMSP', name: 'bridge' });

  test('transactions submitted together share a block, and each gets its own answer', async () => {
    const ids = Array.from({ length: 20 }, () => unique('holder'));
    const all = await Promise.all(ids.map((id) => submit(hospital(), 'records', 'RegisterHolder', id)));
    assert.ok(new Set(all.map(({ blockNumber }) => blockNumber)).size <= 2);
    const answers = all.map(({ result }) => JSON.parse(Buffer.from(result).toString('utf8')).subject);
    assert.deepEqual(answers, ids);
  });

  test('of two that change the same key at once, the second sees what the first wrote', async () => {
    const id = unique('holder');
    const twice = [
      register(hospital(), id, 'clinic', 'HospitalMSP'),
      register(hospital(), id, 'clinic', 'HospitalMSP'),
    ];
    const outcomes = await Promise.allSettled(twice);
    const codes = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? 'committed' : outcome.reason.code,
    );
    assert.deepEqual(codes.sort(), ['PARTICIPANT_DUPLICATE', 'committed']);
  });

  test('a refused transaction leaves no trace', async () => {
    const height = await hospital().height();
    await assert.rejects(register(hospital(), unique('x'), 'wizard', 'HospitalMSP'), {
      code: 'ARGUMENT_INVALID',
    });
    assert.equal(await hospital().height(), height);
  });

  test('the state, the chain and the events survive a restart', async () => {
    const origin = unique('log.example/h');
    await checkpoint(hospital(), origin, ['a', 'b']);
    const reopened = await openEmbeddedChannel({ db, now: Date.now, signingSecret });
    const ledger = reopened.as({ mspId: 'HospitalMSP', name: 'bridge' });
    assert.equal(await ledger.height(), await hospital().height());
    assert.equal((await ask<{ size: string }>(ledger, 'records', 'LatestCheckpoint', origin)).size, '2');
    await reopened.close();
  });

  test('another secret does not continue the chain', async () => {
    await submit(hospital(), 'records', 'RegisterHolder', unique('s'));
    const stranger = openEmbeddedChannel({ db, now: Date.now, signingSecret: randomBytes(32) });
    await assert.rejects(stranger, { name: 'LedgerError', code: 'UNAVAILABLE' });
  });

  test('evidence of a checkpoint verifies offline, and with anything changed it does not', async () => {
    const leaves = ['a', 'b', 'c'];
    const origin = unique('log.example/h');
    const [{ transactionId }] = await Promise.all([
      checkpoint(hospital(), origin, leaves),
      ...Array.from({ length: 4 }, () => submit(hospital(), 'records', 'RegisterHolder', unique('s'))),
    ]);
    const evidence = JSON.parse(JSON.stringify(await hospital().evidence(transactionId))) as EmbeddedEvidence;
    const expected = { origin, size: '3', root: rootOf(leaves).toString('base64') };
    const trusted = (publicKey: Uint8Array) =>
      ({ kind: 'embedded', publicKey: Buffer.from(publicKey).toString('base64') }) as const;
    const verdict = verifyEmbeddedEvidence(evidence, trusted(channel.publicKey), expected);
    assert.deepEqual(verdict.ok && verdict.transactionId, transactionId);
    const reject = (changed: unknown, key = channel.publicKey, of = expected) =>
      assert.equal(verifyEmbeddedEvidence(changed, trusted(key), of).ok, false);
    reject(evidence, channel.publicKey, { ...expected, size: '4' });
    reject(evidence, channel.publicKey, { ...expected, origin: 'other' });
    reject(evidence, channel.publicKey, { ...expected, root: rootOf(['x']).toString('base64') });
    reject(evidence, randomBytes(32));
    reject(evidence, new Uint8Array(3));
    reject({ ...evidence, transaction: evidence.transaction.replace('"3"', '"4"') });
    reject({ ...evidence, blockNumber: '999' });
    reject({ ...evidence, path: [...evidence.path, { side: 'left', hash: evidence.dataHash }] });
    for (const field of ['previousHash', 'dataHash', 'signature'] as const) {
      const bytes = Buffer.from(evidence[field], 'base64');
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      reject({ ...evidence, [field]: bytes.toString('base64') });
    }
    for (const nonsense of [
      undefined,
      null,
      7,
      {},
      { ...evidence, path: 'x' },
      { ...evidence, kind: 'fabric' },
    ])
      reject(nonsense);
  });

  test('evidence of a transaction that does not exist is an error', async () => {
    await assert.rejects(hospital().evidence('none'), { code: 'TRANSACTION_NOT_FOUND' });
  });

  test('no block has a term of a consent, a requester or a private key’s value in it, and private data are sealed at rest', async () => {
    await register(hospital(), 'hospital', 'hospital', 'HospitalMSP');
    const patient = await newPatient(hospital());
    const secret = unique('secret');
    const provision = {
      type: 'permit' as const,
      actor: [{ participant: `actor-${secret}` }],
      code: [{ system: 'http://loinc.org', code: `code-${secret}` }],
    };
    await change(hospital(), patient, { consent: `handle-${unique('c')}`, provision });
    const requests = [
      ...[
        {
          subject: patient.subject,
          custodian: 'hospital',
          recipient: `actor-${secret}`,
          purpose: 'TREAT',
          action: 'access',
        },
      ],
    ];
    const access = Buffer.from(JSON.stringify({ requests, salt: randomBytes(32).toString('base64') }));
    await hospital().submit({ contract: 'access', name: 'Request', args: [], transient: { access } });
    const readable = await readableOnLedger(db);
    assert.ok(readable.includes(patient.subject) && readable.includes('TicketsOpened'));
    assert.ok(!readable.includes(secret));
  });

  test('a changed block is found by walking the chain', async () => {
    await submit(hospital(), 'records', 'RegisterHolder', unique('s'));
    assert.equal(await channel.findBrokenBlock(), undefined);
    await sql`update ledger_block set transactions = replace(transactions, 'RegisterHolder', 'RegisterHolding') where number = 0`.execute(
      db,
    );
    assert.deepEqual(await channel.findBrokenBlock(), { number: 0n, problem: 'has changed transactions' });
  });

  test('a closed ledger takes nothing more and ends its followers', async () => {
    const { channel: another } = await openChannel();
    const ledger = another.as({ mspId: 'HospitalMSP', name: 'bridge' });
    const following = (async () => {
      for await (const _ of ledger.follow(0n, new AbortController().signal))
        assert.fail('no event is expected');
    })();
    await another.close();
    await following;
    await assert.rejects(submit(ledger, 'records', 'RegisterHolder', 'x'), { code: 'CLOSED' });
  });
});
