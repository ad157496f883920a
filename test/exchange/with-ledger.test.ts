// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { buildGrant } from '../../src/consent/build.ts';
import { type OpenConsentRules, openConsentRules } from '../../src/consent/rules.ts';
import { generatePatientKey, signConsent } from '../../src/consent/sign.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { type EmbeddedChannel, openEmbeddedChannel } from '../../src/ledger/embedded/channel.ts';
import { openLogger } from '../../src/operate/log.ts';
import { gist, type Hospital, observation, openHospital, patient } from './bridge.ts';

const HOUR_MS = 3_600_000;
const secret = randomBytes(32);
const device = generatePatientKey();

let hospital: Hospital;
let rules: OpenConsentRules;
let channel: EmbeddedChannel;
let ehr: string;
let clinic: string;

before(async () => {
  hospital = await openHospital({
    async rules(server, now) {
      channel = await openEmbeddedChannel({
        db: await server.schema('ledger'),
        now,
        signingSecret: randomBytes(32),
      });
      rules = await openConsentRules({
        ledger: channel.as({ mspId: 'HospitalMSP', name: 'bridge' }),
        channel: 'exchange',
        db: await server.schema('hospital'),
        secret,
        participant: 'hospital',
        pseudonym: (text) => createHmac('sha256', secret).update(text).digest('base64url'),
        now,
        maxAgeMs: 30_000,
        logger: openLogger('silent'),
      });
      await rules.registerParticipant({ id: 'hospital', role: 'hospital', mspId: 'HospitalMSP' });
      await rules.registerParticipant({ id: 'clinic', role: 'clinic', mspId: 'HospitalMSP' });
      return rules;
    },
  });
  ehr = (await hospital.client()).token;
  clinic = (await hospital.client({ participant: 'clinic' })).token;
  const resources = [patient('p1'), observation('o1', 'p1'), patient('p2'), observation('o2', 'p2')];
  await hospital.store.commit({ changes: resources.map((resource) => ({ op: 'update', resource })) });
  await rules.enrollPatient('p1', device.publicJwk);
});

after(async () => {
  await rules?.close();
  await channel?.close();
  await hospital?.close();
});

const get = (path: string) => hospital.http.get(path).set('authorization', `Bearer ${clinic}`);
const put = (consent: Resource, token = ehr) =>
  hospital.http
    .put(`/fhir/Consent/${consent.id}`)
    .set('authorization', `Bearer ${token}`)
    .type('application/fhir+json')
    .send(JSON.stringify(consent));
const found = async (path: string) => ((await get(path).expect(200)).body.entry ?? []).length;

test('the clinic sees nothing, then what the patient signed for, and nothing again once it is revoked', async () => {
  const now = Date.now();
  const grant = buildGrant({
    id: 'grant-1',
    patient: 'p1',
    to: 'clinic',
    from: now - 1000,
    until: now + HOUR_MS,
  });
  await get('/fhir/Observation/o1').expect(404);
  assert.equal(await found('/fhir/Observation?patient=p1'), 0);

  await put(signConsent(grant, device.privateJwk, { version: 1, at: now })).expect(201);
  await get('/fhir/Observation/o1').expect(200);
  assert.equal(await found('/fhir/Observation?patient=p1'), 1);
  assert.equal(await found('/fhir/Observation'), 1);
  await get('/fhir/Observation/o2').expect(404);
  await get('/fhir/Patient/p1/$everything').expect(200);

  await put(signConsent({ ...grant, status: 'inactive' }, device.privateJwk, { version: 2, at: now })).expect(
    200,
  );
  await get('/fhir/Observation/o1').expect(404);
  assert.equal(await found('/fhir/Observation?patient=p1'), 0);
  const outcomes = (await hospital.audits('p1')).map(gist);
  assert.ok(outcomes.includes('R read 4') && outcomes.includes('R read 0'));
});

test('a Consent with a forged signature is neither on the ledger nor in the store', async () => {
  const grant = buildGrant({ id: 'forged', patient: 'p1', to: 'clinic', from: Date.now() - 1000 });
  const forger = generatePatientKey();
  const { body } = await put(signConsent(grant, forger.privateJwk, { version: 1, at: Date.now() })).expect(
    422,
  );
  assert.equal(body.issue[0].code, 'security');
  assert.equal(await hospital.store.read('Consent', 'forged'), undefined);
  await get('/fhir/Observation/o1').expect(404);
});

test('a Consent that says what can not be enforced is refused by the element', async () => {
  const grant = buildGrant({ id: 'vague', patient: 'p1', to: 'clinic', from: Date.now() });
  const { body } = await put({ ...grant, policyRule: { text: 'as discussed' } }).expect(422);
  assert.match(body.issue[0].expression[0], /^Consent\.policyRule/);
});

test('reading lets nobody write', async () => {
  const grant = buildGrant({ id: 'read-only', patient: 'p1', to: 'clinic', from: Date.now() - 1000 });
  await put(signConsent(grant, device.privateJwk, { version: 1, at: Date.now() })).expect(201);
  await get('/fhir/Observation/o1').expect(200);
  await hospital.http
    .post('/fhir/Observation')
    .set('authorization', `Bearer ${clinic}`)
    .send(observation(undefined, 'p1'))
    .expect(403);
});

test('a suspended or unknown participant sees not even the directory', async () => {
  await hospital.store.commit({
    changes: [{ op: 'update', resource: { resourceType: 'Organization', id: 'org', name: 'Harbour' } }],
  });
  await get('/fhir/Organization/org').expect(200);
  const stranger = await hospital.client({ participant: 'stranger' });
  await hospital.http
    .get('/fhir/Organization/org')
    .set('authorization', `Bearer ${stranger.token}`)
    .expect(404);
});
