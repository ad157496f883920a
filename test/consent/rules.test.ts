// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHmac, type JsonWebKey, randomBytes, randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Decision } from '@mooring/chaincode/terms';
import { buildGrant, type Grant } from '../../src/consent/build.ts';
import { type OpenConsentRules, openConsentRules } from '../../src/consent/rules.ts';
import { generatePatientKey, signConsent } from '../../src/consent/sign.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { type EmbeddedChannel, openEmbeddedChannel } from '../../src/ledger/embedded/channel.ts';
import { type Ledger, LedgerError } from '../../src/ledger/ledger.ts';
import { openLogger } from '../../src/operate/log.ts';
import { type DatabaseServer, openEmbedded } from '../../src/store/sql/database.ts';
import { readableOnLedger } from '../ledger/dump.ts';

const HOUR = 3_600_000;
const secret = randomBytes(32);
const pseudonym = (text: string) => createHmac('sha256', secret).update(text).digest('base64url');

describe('consent rules', () => {
  let server: DatabaseServer;
  let channel: EmbeddedChannel;
  let ledger: Ledger;
  let rules: OpenConsentRules;
  let time = Date.now();
  let ledgerDown = false;
  let submitted: string[] = [];
  const now = () => time;

  /** The real ledger, which can be cut off and counts what is submitted. */
  function tapped(inner: Ledger): Ledger {
    const reachable = <T>(act: () => Promise<T>) =>
      ledgerDown ? Promise.reject(new LedgerError('UNAVAILABLE', 'the peer does not answer')) : act();
    return {
      ...inner,
      height: () => reachable(() => inner.height()),
      evaluate: (transaction) => reachable(() => inner.evaluate(transaction)),
      submit: (transaction) => {
        submitted.push(`${transaction.contract}:${transaction.name}`);
        return reachable(() => inner.submit(transaction));
      },
    };
  }

  const open = async () =>
    openConsentRules({
      ...{ ledger, db: await server.schema('hospital'), participant: 'hospital', pseudonym, now },
      ...{ maxAgeMs: 30_000, logger: openLogger('silent'), channel: 'exchange', secret },
    });

  before(async () => {
    server = await openEmbedded();
    const db = await server.schema('ledger');
    channel = await openEmbeddedChannel({ db, now, signingSecret: randomBytes(32) });
    ledger = tapped(channel.as({ mspId: 'HospitalMSP', name: 'bridge' }));
    rules = await open();
    await rules.ready;
    await rules.registerParticipant({ id: 'hospital', role: 'hospital', mspId: 'HospitalMSP' });
    for (const [id, role] of [
      ['clinic', 'clinic'],
      ['lab', 'laboratory'],
    ] as const)
      await rules.registerParticipant({ id, role, mspId: 'HospitalMSP' });
  });
  after(async () => {
    await rules.close();
    await channel.close();
    await server.close();
  });
  beforeEach(() => {
    time += 1000;
    ledgerDown = false;
    submitted = [];
  });

  const clinic = { participant: 'clinic', purpose: 'TREAT' };

  async function enrolled(): Promise<{ patient: string; privateJwk: JsonWebKey }> {
    const { privateJwk, publicJwk } = generatePatientKey();
    const patient = randomUUID();
    await rules.enrollPatient(patient, publicJwk);
    return { patient, privateJwk };
  }

  const grantFor = (patient: string, more: Partial<Grant> = {}): Resource =>
    buildGrant({ id: randomUUID(), patient, to: 'clinic', from: now(), until: now() + HOUR, ...more });

  const observation = (patient: string, more: object = {}): Resource => ({
    resourceType: 'Observation',
    id: randomUUID(),
    subject: { reference: `Patient/${patient}` },
    code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
    effectiveDateTime: '2026-05-01',
    ...more,
  });

  const effectOn = async (resource: Resource, requester = clinic): Promise<string> => {
    const [decision] = await rules.decide(requester, [resource]);
    return outcome(decision);
  };

  const outcome = (decision: Decision | undefined) =>
    decision?.effect === 'deny' ? decision.reason : (decision?.effect ?? 'none');

  test('a signed grant is seen by the very next decision, its revocation too', async () => {
    const { patient, privateJwk } = await enrolled();
    const record = observation(patient);
    assert.equal(await effectOn(record), 'NO_CONSENT');
    const grant = grantFor(patient);
    await rules.accept(signConsent(grant, privateJwk, { version: 1, at: now() }));
    assert.equal(await effectOn(record), 'permit');
    assert.equal(await effectOn(record, { participant: 'lab', purpose: 'TREAT' }), 'NOT_COVERED');
    await rules.accept(signConsent({ ...grant, status: 'inactive' }, privateJwk, { version: 2, at: now() }));
    assert.equal(await effectOn(record), 'REVOKED');
  });

  test('a grant ends by itself', async () => {
    const { patient, privateJwk } = await enrolled();
    await rules.accept(signConsent(grantFor(patient), privateJwk, { version: 1, at: now() }));
    const [decision] = await rules.decide(clinic, [observation(patient)]);
    assert.equal(decision?.effect === 'permit' && Date.parse(decision.until ?? ''), time + HOUR);
    time += HOUR + 1;
    assert.equal(await effectOn(observation(patient)), 'EXPIRED');
  });

  test('a grant for one purpose or type is none for another', async () => {
    const { patient, privateJwk } = await enrolled();
    const grant = grantFor(patient, { purposes: ['TREAT'], classes: ['Observation'] });
    await rules.accept(signConsent(grant, privateJwk, { version: 1, at: now() }));
    assert.equal(await effectOn(observation(patient)), 'permit');
    assert.equal(await effectOn(observation(patient), { ...clinic, purpose: 'HMARKT' }), 'NOT_COVERED');
    const condition = { resourceType: 'Condition', id: 'c', subject: { reference: `Patient/${patient}` } };
    assert.equal(await effectOn(condition), 'NOT_COVERED');
  });

  test('who was let in to read may not write', async () => {
    const patient = randomUUID();
    await rules.accept(grantFor(patient));
    const [decision] = await rules.decide({ ...clinic, action: 'correct' }, [observation(patient)]);
    assert.equal(outcome(decision), 'NOT_COVERED');
  });

  test('the ledger holds no id of a patient or a consent, and not who was let in', async () => {
    const { patient, privateJwk } = await enrolled();
    const to = `recipient-${randomUUID()}`;
    const grant = grantFor(patient, { to });
    await rules.accept(signConsent(grant, privateJwk, { version: 1, at: now() }));
    await effectOn(observation(patient), { participant: to, purpose: 'TREAT' });
    await effectOn(observation(patient));
    const readable = await readableOnLedger(await server.schema('ledger'));
    assert.ok(readable.includes(pseudonym(patient)));
    for (const secret of [patient, grant.id ?? '', to]) assert.ok(!readable.includes(secret));
  });

  test('the same Consent again is accepted and changes nothing', async () => {
    const { patient, privateJwk } = await enrolled();
    const signed = signConsent(grantFor(patient), privateJwk, { version: 1, at: now() });
    await rules.accept(signed);
    await rules.accept(signed);
    const attested = grantFor(patient);
    await rules.accept(attested);
    submitted = [];
    await rules.accept(attested);
    assert.deepEqual(submitted, []);
  });

  test('a Consent changed after it was signed is refused, and so is one signed by someone else', async () => {
    const { patient, privateJwk } = await enrolled();
    const signed = signConsent(grantFor(patient), privateJwk, { version: 1, at: now() });
    const widened = { ...signed, provision: { type: 'permit' } };
    await assert.rejects(rules.accept(widened), { name: 'FhirError', status: 422 });
    const stranger = signConsent(grantFor(patient), generatePatientKey().privateJwk, {
      version: 1,
      at: now(),
    });
    await assert.rejects(rules.accept(stranger), /SIGNATURE_INVALID/);
    assert.equal(await effectOn(observation(patient)), 'NO_CONSENT');
  });

  test('without a signature the organization attests, and can not widen what the patient signed', async () => {
    const paper = randomUUID();
    await rules.accept(grantFor(paper));
    assert.equal(await effectOn(observation(paper)), 'permit');
    const { patient, privateJwk } = await enrolled();
    const grant = grantFor(patient, { classes: ['Observation'] });
    await rules.accept(signConsent(grant, privateJwk, { version: 1, at: now() }));
    const widened = { ...grant, provision: { type: 'permit' } };
    await assert.rejects(rules.accept(widened), { name: 'FhirError', status: 403 });
  });

  test('a first access opens one ticket, and the next ones within it ask the ledger nothing', async () => {
    const { patient, privateJwk } = await enrolled();
    await rules.accept(
      signConsent(grantFor(patient, { until: time + 10 * HOUR }), privateJwk, { version: 1, at: now() }),
    );
    submitted = [];
    const records = Array.from({ length: 20 }, () => observation(patient));
    await Promise.all(records.map((record) => rules.decide(clinic, [record])));
    assert.deepEqual(submitted, ['access:Request']);
    time += HOUR + 1;
    await rules.decide(clinic, records);
    assert.deepEqual(submitted, ['access:Request', 'access:Request']);
    await rules.accept(grantFor(patient));
    await rules.decide(clinic, records);
    assert.equal(submitted.filter((each) => each === 'access:Request').length, 3);
  });

  test('many patients in one question cost one transaction', async () => {
    const patients = await Promise.all(Array.from({ length: 12 }, async () => randomUUID()));
    await Promise.all(patients.map((patient) => rules.accept(grantFor(patient))));
    submitted = [];
    const decisions = await rules.decide(
      clinic,
      patients.map((patient) => observation(patient)),
    );
    assert.ok(decisions.every(({ effect }) => effect === 'permit'));
    assert.deepEqual(submitted, ['access:Request']);
  });

  test('the organization itself works with its own records without a ticket', async () => {
    const own = { participant: 'hospital', purpose: 'TREAT' };
    const [decision] = await rules.decide(own, [observation(randomUUID())]);
    assert.equal(decision?.effect === 'permit' && decision.consent, 'custodian');
    assert.equal(await rules.patients(own), 'all');
    assert.deepEqual(submitted, []);
  });

  test('what is nobody’s any active participant reads; a result without a patient stays here', async () => {
    const organization = { resourceType: 'Organization', id: 'o' };
    const orphan = { resourceType: 'Observation', id: 'o' };
    assert.equal(await effectOn(organization), 'permit');
    assert.equal(await effectOn(orphan), 'NOT_COVERED');
    assert.equal(
      await effectOn(organization, { participant: 'stranger', purpose: 'TREAT' }),
      'PARTICIPANT_SUSPENDED',
    );
  });

  test('a record of two patients needs both', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    await rules.accept(grantFor(one));
    const both = observation(one, { focus: [{ reference: `Patient/${other}` }] });
    assert.equal(await effectOn(both), 'NO_CONSENT');
    await rules.accept(grantFor(other));
    assert.equal(await effectOn(both), 'permit');
  });

  test('a suspended participant sees nothing from then on', async () => {
    await rules.registerParticipant({ id: 'shortlived', role: 'clinic', mspId: 'HospitalMSP' });
    const patient = randomUUID();
    await rules.accept(grantFor(patient, { to: 'shortlived' }));
    const requester = { participant: 'shortlived', purpose: 'TREAT' };
    assert.equal(await effectOn(observation(patient), requester), 'permit');
    assert.deepEqual(await rules.patients(requester), [patient]);
    await ledger.submit({ contract: 'participants', name: 'Suspend', args: ['shortlived'] });
    time += 31_000;
    assert.equal(await effectOn(observation(patient), requester), 'PARTICIPANT_SUSPENDED');
    assert.deepEqual(await rules.patients(requester), []);
  });

  test('with the ledger out of reach the rules answer while they are fresh, and then not at all', async () => {
    const patient = randomUUID();
    await rules.accept(grantFor(patient));
    const record = observation(patient);
    assert.equal(await effectOn(record), 'permit');
    ledgerDown = true;
    time += 1000;
    assert.equal(await effectOn(record), 'permit');
    time += 31_000;
    await assert.rejects(rules.decide(clinic, [record]), { name: 'ConsentError', code: 'NOT_FRESH' });
    await assert.rejects(rules.patients(clinic), { name: 'ConsentError', code: 'NOT_FRESH' });
    ledgerDown = false;
    assert.equal(await effectOn(record), 'permit');
  });

  test('without a recorded permit nothing is disclosed', async () => {
    const patient = randomUUID();
    await rules.accept(grantFor(patient));
    assert.equal(await effectOn({ resourceType: 'Location', id: 'l' }), 'permit');
    ledgerDown = true;
    await assert.rejects(rules.decide(clinic, [observation(patient)]), {
      name: 'ConsentError',
      code: 'NOT_FRESH',
    });
  });

  test('after a restart the rules know the same patients and consents', async () => {
    const patient = randomUUID();
    await rules.accept(grantFor(patient));
    const again = await open();
    await again.ready;
    const [decision] = await again.decide(clinic, [observation(patient)]);
    assert.equal(decision?.effect, 'permit');
    assert.ok(((await again.patients(clinic)) as string[]).includes(patient));
    await again.close();
  });

  test('another organization’s bridge on the channel learns nothing of these consents', async () => {
    const other = await openConsentRules({
      ...{
        ledger: channel.as({ mspId: 'ClinicMSP', name: 'bridge' }),
        participant: 'clinic',
        now,
        maxAgeMs: 30_000,
      },
      ...{ db: await server.schema('clinic'), channel: 'exchange', secret },
      ...{ pseudonym: (text: string) => `other-${pseudonym(text)}`, logger: openLogger('silent') },
    });
    await other.ready;
    assert.deepEqual(await other.patients({ participant: 'lab', purpose: 'TREAT' }), []);
    assert.ok((await other.participants()).some(({ id }) => id === 'hospital'));
    await other.close();
  });

  test('enrolling the same key again is no error, another key needs to be meant', async () => {
    const { publicJwk } = generatePatientKey();
    const patient = randomUUID();
    await rules.enrollPatient(patient, publicJwk);
    await rules.enrollPatient(patient, publicJwk);
    const { publicJwk: another } = generatePatientKey();
    await assert.rejects(rules.enrollPatient(patient, another), { code: 'PARTICIPANT_EXISTS' });
    await rules.enrollPatient(patient, another, { replace: true });
    const { privateJwk } = generatePatientKey();
    await assert.rejects(rules.enrollPatient(randomUUID(), privateJwk), { code: 'KEY_INVALID' });
  });

  test('a decision from the projection takes well under a millisecond', async () => {
    const patient = randomUUID();
    await rules.accept(grantFor(patient));
    const record = observation(patient);
    await rules.decide(clinic, [record]);
    const began = performance.now();
    for (let count = 0; count < 500; count += 1) await rules.decide(clinic, [record]);
    assert.ok(performance.now() - began < 500);
  });
});
