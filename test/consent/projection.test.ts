// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { OpenConsentRules } from '../../src/consent/rules.ts';
import { openLogger } from '../../src/operate/log.ts';
import { type Db, sql } from '../../src/store/sql/database.ts';
import { checkpoint, submit, unique } from '../ledger/network.ts';
import {
  answer,
  grantTo,
  type Line,
  notFresh,
  openTestNetwork,
  pseudonymOf,
  refusing,
  type TestNetwork,
  tablesOf,
} from './network.ts';

describe('what a bridge takes over from the ledger', () => {
  let network: TestNetwork;
  let line: Line;
  let rules: OpenConsentRules;
  let db: Db;
  before(async () => {
    network = await openTestNetwork();
    db = await network.schema('hospital');
    line = network.line('hospital');
    rules = await network.open('hospital', { ledger: line.ledger });
    await rules.registerParticipant({ id: 'hospital', role: 'hospital', mspId: 'HospitalMSP' });
    await rules.registerParticipant({ id: 'clinic', role: 'clinic', mspId: 'HospitalMSP' });
  });
  after(() => network.close());
  beforeEach(() => {
    line.down = false;
    line.late.clear();
    network.time += 1000;
  });
  const handleOf = (id: string | undefined) => pseudonymOf('hospital')(`Consent/${id}`);
  const grant = async (patient = randomUUID()) => {
    const consent = grantTo('clinic', patient, network);
    await rules.accept(consent);
    return { patient, consent };
  };
  const erase = async (patient: string) => {
    await submit(line.ledger, 'consents', 'Erase', pseudonymOf('hospital')(patient));
    await rules.refresh();
  };

  test('after a restart the bridge goes on where it was', async () => {
    const { patient } = await grant();
    const height = await line.ledger.height();
    const again = network.line('hospital');
    const restarted = await network.open('hospital', { ledger: again.ledger });
    await restarted.ready;
    assert.deepEqual(again.followed, [height]);
    assert.equal(await answer(restarted, patient, 'clinic'), 'permit');
    await restarted.close();
  });

  test('terms of consents stand nowhere in clear, and one put in the place of another is not believed', async () => {
    const open = await grant();
    const to = `recipient-${randomUUID()}`;
    const other = randomUUID();
    await rules.accept(grantTo(to, other, network));
    const { rows } = await sql<{ row: string }>`select encode(terms, 'escape') || subject || consent as row
      from projection_consent`.execute(db);
    assert.ok(rows.length >= 2 && rows.every(({ row }) => !row.includes(to) && !row.includes('permit')));
    const subject = pseudonymOf('hospital');
    await sql`update projection_consent set terms = (select terms from projection_consent where subject = ${subject(open.patient)})
      where subject = ${subject(other)}`.execute(db);
    const restarted = await network.open('hospital');
    await restarted.ready;
    assert.equal(await answer(restarted, other, 'clinic'), 'NOT_COVERED');
    assert.equal(await answer(restarted, open.patient, 'clinic'), 'permit');
    await restarted.close();
  });

  test('with the ledger away, who has a ticket reads on until the projection is too old, and again when it is back', async () => {
    const { patient } = await grant();
    assert.equal(await answer(rules, patient, 'clinic'), 'permit');
    await rules.refresh();
    line.down = true;
    network.time += 29_000;
    assert.equal(await answer(rules, patient, 'clinic'), 'permit');
    network.time += 2_000;
    await assert.rejects(answer(rules, patient, 'clinic'), notFresh);
    line.down = false;
    assert.equal(await answer(rules, patient, 'clinic'), 'permit');
  });

  test('what the ledger took in while the bridge could not reach it holds as soon as it can', async () => {
    const { patient } = await grant();
    assert.equal(await answer(rules, patient, 'clinic'), 'permit');
    const elsewhere = await network.open('hospital');
    await elsewhere.ready;
    line.down = true;
    await elsewhere.registerParticipant({ id: unique('pharmacy'), role: 'pharmacy', mspId: 'HospitalMSP' });
    await elsewhere.accept(refusing(grantTo('clinic', patient, network)));
    network.time += 31_000;
    await assert.rejects(answer(rules, patient, 'clinic'), notFresh);
    line.down = false;
    assert.equal(await answer(rules, patient, 'clinic'), 'DENIED_BY_PROVISION');
    await elsewhere.close();
  });

  test('while the terms of a consent are still to come nothing is decided by those before it', async () => {
    const { patient, consent } = await grant();
    line.late.add(`${handleOf(consent.id)} 2`);
    await rules.accept(refusing(consent));
    assert.equal(await answer(rules, patient, 'clinic'), 'NOT_COVERED');
    const listed = await rules.patients({ participant: 'clinic', purpose: 'TREAT' });
    assert.ok(!listed.includes(patient));
    assert.equal(rules.counts().undecided, 1);
    line.late.clear();
    await rules.refresh();
    assert.equal(await answer(rules, patient, 'clinic'), 'DENIED_BY_PROVISION');
    assert.equal(rules.counts().undecided, 0);
  });

  test('a refusal whose terms are still to come is not overlooked for a permit that is known', async () => {
    const { patient } = await grant();
    const refusal = refusing(grantTo('clinic', patient, network));
    line.late.add(`${handleOf(refusal.id)} 1`);
    await rules.accept(refusal);
    assert.equal(await answer(rules, patient, 'clinic'), 'NOT_COVERED');
    const restarted = await network.open('hospital', { ledger: line.ledger });
    await restarted.ready;
    assert.equal(await answer(restarted, patient, 'clinic'), 'NOT_COVERED');
    line.late.clear();
    await restarted.refresh();
    assert.equal(await answer(restarted, patient, 'clinic'), 'DENIED_BY_PROVISION');
    await restarted.close();
  });

  test('a revocation needs no terms to take effect', async () => {
    const { patient, consent } = await grant();
    const kept = await grant(patient);
    line.late.add(`${handleOf(consent.id)} 2`);
    await rules.accept({ ...consent, status: 'inactive' });
    assert.equal(await answer(rules, patient, 'clinic'), 'permit');
    await rules.accept({ ...kept.consent, status: 'inactive' });
    assert.equal(await answer(rules, patient, 'clinic'), 'REVOKED');
  });

  test('erased terms are gone from the tables, also when they were erased before the bridge read them', async () => {
    const { patient, consent } = await grant();
    line.late.add(`${handleOf(consent.id)} 2`);
    await rules.accept(refusing(consent));
    await erase(patient);
    assert.equal(await answer(rules, patient, 'clinic'), 'NO_CONSENT');
    const { rows } =
      await sql`select from projection_consent where subject = ${pseudonymOf('hospital')(patient)}`.execute(
        db,
      );
    assert.equal(rows.length, 0);
    await rules.rebuild();
    assert.equal(await answer(rules, patient, 'clinic'), 'NO_CONSENT');
    assert.equal(rules.counts().undecided, 0);
  });

  test('a checkpoint that contradicts another of its log is an alarm and changes nothing', async () => {
    const origin = unique('log.example/hospital');
    await checkpoint(line.ledger, origin, ['a', 'b']);
    await rules.refresh();
    const known = await rules.checkpoints({ origin, count: 10 });
    assert.deepEqual(
      known.map(({ size }) => size),
      [2n],
    );
    const logged: { code?: string; size?: string }[] = [];
    const logger = openLogger('error', { write: (text: string) => logged.push(JSON.parse(text)) });
    const liar = network.line('hospital');
    const contradict = [{ size: '2' }, { size: '1' }];
    liar.see = ({ number, events }) => ({
      number,
      events: events.map((event) => {
        const content = JSON.parse(Buffer.from(event.payload).toString('utf8'));
        if (content.origin !== origin || content.size === '2') return event;
        const changed = { ...content, root: Buffer.alloc(32, 7).toString('base64'), ...contradict.shift() };
        return { ...event, payload: Buffer.from(JSON.stringify(changed)) };
      }),
    });
    const misled = await network.open('hospital', { ledger: liar.ledger, logger, channel: 'misled' });
    await misled.ready;
    await checkpoint(line.ledger, origin, ['a', 'b', 'c'], 2);
    await checkpoint(line.ledger, origin, ['a', 'b', 'c', 'd'], 3);
    await misled.refresh();
    assert.equal(misled.counts().alarms, 2);
    assert.deepEqual(
      logged.map(({ code, size }) => [code, size]),
      [
        ['CHECKPOINT_CONTRADICTION', '2'],
        ['CHECKPOINT_CONTRADICTION', '1'],
      ],
    );
    assert.deepEqual(await misled.checkpoints({ origin, count: 10 }), known);
    await rules.refresh();
    assert.equal(rules.counts().alarms, 0);
    await misled.close();
  });

  test('checkpoints are listed by log, the newest first, page by page', async () => {
    const origin = unique('log.example/clinic');
    const leaves = ['a', 'b', 'c', 'd', 'e'];
    for (let size = 1; size <= leaves.length; size += 1)
      await checkpoint(line.ledger, origin, leaves.slice(0, size), size - 1);
    await rules.refresh();
    const sizes = async (more: { before?: bigint }) =>
      (await rules.checkpoints({ origin, count: 2, ...more })).map(({ size }) => size);
    assert.deepEqual(await sizes({}), [5n, 4n]);
    assert.deepEqual(await sizes({ before: 4n }), [3n, 2n]);
    const newest = await rules.checkpoints({ count: 100 });
    assert.deepEqual(
      newest.filter((each) => each.origin === origin).map(({ size }) => size),
      [5n],
    );
  });

  test('the history of a consent tells its versions, and which of them held at a time', async () => {
    const { consent } = await grant();
    const granted = network.time;
    network.time += 60_000;
    await rules.accept({ ...consent, status: 'inactive' });
    const id = consent.id ?? '';
    const versions = await rules.history(id);
    assert.deepEqual(
      versions?.map(({ version, status }) => [version, status]),
      [
        [1, 'active'],
        [2, 'revoked'],
      ],
    );
    const heldAt = async (time: number) => (await rules.asOf(id, new Date(time).toISOString()))?.version;
    assert.equal(await heldAt(granted + 1), 1);
    assert.equal(await heldAt(network.time), 2);
    assert.equal(await heldAt(granted - 1), undefined);
    assert.equal(await rules.history('unheard-of'), undefined);
  });

  test('rebuilt, it is what it was, whatever had happened to the tables; nothing is decided meanwhile', async () => {
    const { patient } = await grant();
    await checkpoint(line.ledger, unique('log.example/hospital'), ['a']);
    const beside = await network.open('hospital');
    await beside.ready;
    await rules.refresh();
    const kept = await tablesOf(db, 'exchange');
    await sql`delete from projection_consent where subject = ${pseudonymOf('hospital')(patient)}`.execute(db);
    await sql`update projection_participant set status = 'suspended'`.execute(db);
    await sql`update projection_checkpoint set root = 'changed'`.execute(db);
    const places: bigint[] = [];
    let refused: Promise<unknown> | undefined;
    await rules.rebuild(0n, (position) => {
      places.push(position);
      refused ??= assert.rejects(answer(rules, patient, 'clinic'), notFresh);
    });
    await refused;
    assert.ok(refused && places.length > 2);
    assert.equal(places.at(-1), await line.ledger.height());
    assert.deepEqual(await tablesOf(db, 'exchange'), kept);
    assert.equal(await answer(rules, patient, 'clinic'), 'permit');
    const other = await grant();
    await beside.refresh();
    assert.equal(await answer(beside, other.patient, 'clinic'), 'permit');
    assert.equal(await answer(beside, patient, 'clinic'), 'permit');
    await beside.close();
  });

  test('without the ledger nothing is dropped for a rebuilding', async () => {
    const kept = await tablesOf(db, 'exchange');
    line.down = true;
    await assert.rejects(rules.rebuild(), notFresh);
    assert.deepEqual(await tablesOf(db, 'exchange'), kept);
    await assert.rejects(rules.rebuild(10n ** 9n), { code: 'ARGUMENT_INVALID' });
  });

  test('status and lag say how far it is', async () => {
    await rules.refresh();
    const height = await line.ledger.height();
    assert.deepEqual(await rules.status(), { channel: 'exchange', position: height, height, ageMs: 0 });
    assert.equal(rules.lag(), 0n);
    line.down = true;
    network.time += 5_000;
    assert.deepEqual(await rules.status(), {
      ...{ channel: 'exchange', position: height, ageMs: 5_000 },
      problem: 'UNAVAILABLE',
    });
  });
});
