// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { OpenConsentRules } from '../../src/consent/rules.ts';
import { ask, submit } from '../ledger/network.ts';
import {
  answer,
  grantTo,
  HOUR_MS,
  type Line,
  openTestNetwork,
  refusing,
  type TestNetwork,
} from './network.ts';

describe('a patient known to two organizations', () => {
  let network: TestNetwork;
  let hospital: OpenConsentRules;
  let clinic: OpenConsentRules;
  let line: Line;
  before(async () => {
    network = await openTestNetwork();
    hospital = await network.open('hospital');
    line = network.line('clinic');
    clinic = await network.open('clinic', { ledger: line.ledger });
    await hospital.registerParticipant({ id: 'hospital', role: 'hospital', mspId: 'HospitalMSP' });
    await hospital.registerParticipant({ id: 'lab', role: 'laboratory', mspId: 'HospitalMSP' });
    await clinic.registerParticipant({ id: 'clinic', role: 'clinic', mspId: 'ClinicMSP' });
    await clinic.refresh();
  });
  after(() => network.close());
  beforeEach(() => {
    line.down = false;
    line.late.clear();
    network.time += 1000;
  });

  /** Known to the hospital by one id and to the clinic by another, and granted there to the laboratory. */
  async function known() {
    const [there, here] = [randomUUID(), randomUUID()];
    const consent = grantTo('lab', there, network);
    await hospital.accept(consent);
    const [subject = ''] = hospital.subjectsOf(there);
    return { there, here, consent, subject };
  }

  test('what was agreed to at the hospital holds at the clinic once it was linked, until it is revoked there', async () => {
    const { here, consent, subject } = await known();
    assert.equal(await answer(clinic, here, 'lab'), 'NO_CONSENT');
    await clinic.link(here, subject);
    assert.equal(await answer(clinic, here, 'lab'), 'permit');
    assert.deepEqual(await clinic.patients({ participant: 'lab', purpose: 'TREAT' }), [here]);
    await hospital.accept({ ...consent, status: 'inactive' });
    await clinic.refresh();
    assert.equal(await answer(clinic, here, 'lab'), 'REVOKED');
  });

  test('a grant made after the linking is followed, and what was erased there is gone here', async () => {
    const { there, here, subject } = await known();
    await clinic.link(here, subject);
    await hospital.accept(refusing(grantTo('lab', there, network)));
    await clinic.refresh();
    assert.equal(await answer(clinic, here, 'lab'), 'DENIED_BY_PROVISION');
    await submit(network.line('hospital').ledger, 'consents', 'Erase', subject);
    await clinic.refresh();
    assert.equal(await answer(clinic, here, 'lab'), 'NO_CONSENT');
  });

  test('a refusal under either pseudonym beats a permit under the other', async () => {
    const { there, here, subject } = await known();
    await clinic.link(here, subject);
    const refusal = refusing(grantTo('lab', here, network));
    await clinic.accept(refusal);
    assert.equal(await answer(clinic, here, 'lab'), 'DENIED_BY_PROVISION');
    await clinic.accept({ ...refusal, status: 'inactive' });
    assert.equal(await answer(clinic, here, 'lab'), 'permit');
    await clinic.accept(grantTo('lab', here, network));
    await hospital.accept(refusing(grantTo('lab', there, network)));
    await clinic.refresh();
    assert.equal(await answer(clinic, here, 'lab'), 'DENIED_BY_PROVISION');
  });

  test('of a permit under each pseudonym the longer one counts, and its ticket is the one that is opened', async () => {
    const { here, subject } = await known();
    await clinic.link(here, subject);
    await clinic.accept(grantTo('lab', here, network, { until: network.time + 2000 }));
    const record = { resourceType: 'Observation', id: 'o', subject: { reference: `Patient/${here}` } };
    const [decision] = await clinic.decide({ participant: 'lab', purpose: 'TREAT' }, [record]);
    const until = decision?.effect === 'permit' ? Date.parse(decision.until ?? '') : 0;
    assert.ok(until > network.time + HOUR_MS / 2);
  });

  test('linking again changes nothing; a pseudonym of nobody, or of another patient, is refused', async () => {
    const { here, subject } = await known();
    await clinic.link(here, subject);
    const height = await line.ledger.height();
    await clinic.link(here, subject);
    await clinic.link(here, clinic.subjectsOf(here)[0] ?? '');
    assert.equal(await line.ledger.height(), height);
    assert.deepEqual(clinic.subjectsOf(here).slice(1), [subject]);
    await assert.rejects(clinic.link(randomUUID(), subject), { code: 'PARTICIPANT_EXISTS' });
    await assert.rejects(clinic.link(here, 'nobody'), { code: 'PARTICIPANT_UNKNOWN' });
    await assert.rejects(clinic.link(here, 'lab'), { code: 'PARTICIPANT_UNKNOWN' });
  });

  test('the organization says on the ledger that it holds records of the subject', async () => {
    const { here, subject } = await known();
    await clinic.link(here, subject);
    const holders = await ask<object>(line.ledger, 'records', 'Holders', subject);
    assert.match(JSON.stringify(holders), /"ClinicMSP"/);
  });

  test('while the consents can not be taken over nothing is permitted, and then they are', async () => {
    const { here, subject } = await known();
    await clinic.accept(grantTo('lab', here, network));
    line.late.add('*');
    await assert.rejects(clinic.link(here, subject), { code: 'CONTRACT_FAILED' });
    assert.equal(await answer(clinic, here, 'lab'), 'NOT_COVERED');
    const restarted = await network.open('clinic', { ledger: line.ledger });
    await restarted.ready;
    assert.equal(await answer(restarted, here, 'lab'), 'NOT_COVERED');
    line.late.clear();
    await clinic.refresh();
    assert.equal(await answer(clinic, here, 'lab'), 'permit');
    await restarted.close();
  });

  test('another instance of the clinic’s bridge knows of the link with the block that says so', async () => {
    const { there, here, subject } = await known();
    const beside = await network.open('clinic');
    await beside.ready;
    await clinic.link(here, subject);
    await beside.refresh();
    assert.equal(await answer(beside, here, 'lab'), 'permit');
    assert.deepEqual(beside.subjectsOf(here), clinic.subjectsOf(here));
    await hospital.accept(refusing(grantTo('lab', there, network)));
    await beside.refresh();
    assert.equal(await answer(beside, here, 'lab'), 'DENIED_BY_PROVISION');
    await beside.close();
  });

  test('after a restart or a rebuilding linked patients are what they were', async () => {
    const { here, subject } = await known();
    await clinic.link(here, subject);
    await clinic.rebuild();
    assert.equal(await answer(clinic, here, 'lab'), 'permit');
    const restarted = await network.open('clinic');
    await restarted.ready;
    assert.equal(await answer(restarted, here, 'lab'), 'permit');
    await restarted.close();
  });

  test('a link on one channel is none on another', async () => {
    const { here, subject } = await known();
    await clinic.link(here, subject);
    const elsewhere = await network.open('clinic', { channel: 'elsewhere' });
    await elsewhere.ready;
    assert.deepEqual(elsewhere.subjectsOf(here).slice(1), []);
    assert.equal(await answer(elsewhere, here, 'lab'), 'NO_CONSENT');
    await elsewhere.close();
  });
});
