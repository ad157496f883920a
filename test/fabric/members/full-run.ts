// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { generatePatientKey } from '../../../src/consent/sign.ts';
import { readShown, SHOWN } from '../../../src/demo/messages.ts';
import { admission, type Person } from '../../../src/tour/messages.ts';
import { findPatient, type Member } from '../support/member.ts';
import { grantAt, revokeToRefuse } from '../support/two-bridges.ts';
import type { Members } from './members.ts';
import { admit, attest, INSTITUTE, operator, registerInstitute } from './research.ts';

const PERSON: Person = { number: 'T2093571864', family: 'Wrenhollow', given: 'Philippa' };
/** Nobody on any channel; a patient may name it all the same. */
const STRANGER = 'bramblewood-practice';
const HOUR_MS = 3_600_000;

/** Everything that a bridge does which ends up on its ledger, by public interfaces only: messages, consents of every kind, accesses. */
export async function fullRun({ hospital, clinic: other, laboratory, fabric }: Members): Promise<void> {
  for (const name of SHOWN) assert.equal(await hospital.send(await readShown(name)), 'AA', name);
  await registerInstitute(laboratory, hospital);
  const { patient, key } = await admit(hospital, PERSON, fabric.folder);
  const [ehr, clinic, institute] = await Promise.all([
    hospital.token(),
    hospital.token('clinic'),
    hospital.token(INSTITUTE),
  ]);
  assert.equal(await other.send(admission(PERSON, new Date())), 'AA');
  const there = await findPatient(other, `identifier=${PERSON.number}`);
  const { subject } = (await operator(hospital, 'GET', `/patients/${patient}/subject`)) as {
    subject: string;
  };
  await operator(other, 'POST', `/patients/${there}/subject`, { subject });
  const results = await observationsOf(hospital, patient, ehr);
  for (const [to, token] of [
    ['clinic', clinic],
    [INSTITUTE, institute],
  ] as const) {
    await access(hospital, token, patient, results, 404);
    // Ends before a ticket would, and after.
    for (const until of [Date.now() + HOUR_MS / 2, Date.now() + 30 * HOUR_MS]) {
      const granted = await grantAt(hospital, ehr, key, { patient, to, until });
      await access(hospital, token, patient, results, 200);
      const revoked = { hospital, token: ehr, key, granted };
      await revokeToRefuse(revoked, { clinic: hospital, token, path: `Patient/${patient}` });
    }
    const some = { purposes: ['TREAT', 'HRESCH'], classes: ['Observation', 'Immunization'] };
    await grantAt(hospital, ehr, key, { patient, to, ...some });
    await access(hospital, token, patient, results, 404);
    const everything = await attest(hospital, ehr, patient, everyRule(to, results[0] ?? ''), {
      organization: [{ reference: 'Organization/hospital' }],
      dateTime: '2026-02-03T04:05:06.789Z',
    });
    await hospital.fhir('GET', `Observation?patient=${patient}`, token);
    await end(hospital, ehr, everything, 'entered-in-error');
    await attest(hospital, ehr, patient, refusal(to));
    await access(hospital, token, patient, results, 404);
  }
  await end(
    hospital,
    ehr,
    await attest(hospital, ehr, patient, everyRule(STRANGER, results[1] ?? '')),
    'inactive',
  );
  const { publicJwk } = generatePatientKey();
  await operator(hospital, 'POST', `/patients/${patient}/key`, { jwk: publicJwk, replace: true });
}

/** All ways to a patient's records. */
async function access(
  hospital: Member,
  token: string,
  patient: string,
  results: readonly string[],
  expected: number,
): Promise<void> {
  const [observation = ''] = results;
  assert.equal((await hospital.fhir('GET', `Patient/${patient}`, token)).status, expected);
  for (const path of [
    `Patient?identifier=${PERSON.number}`,
    `Patient/${patient}/$everything`,
    `Observation/${observation}/_history`,
    `Observation/${observation}/$verify`,
    `Observation?patient=${patient}&code=718-7`,
  ])
    await hospital.fhir('GET', path, token);
}

async function observationsOf(hospital: Member, patient: string, token: string): Promise<string[]> {
  for (const late = performance.now() + 20_000; performance.now() < late; ) {
    const { text } = await hospital.fhir('GET', `Observation?patient=${patient}`, token);
    const { entry = [] } = JSON.parse(text) as { entry?: { resource: { id: string } }[] };
    if (entry.length === 2) return entry.map(({ resource }) => resource.id);
  }
  throw new Error('the results did not arrive');
}

async function end(hospital: Member, token: string, consent: object, status: string): Promise<void> {
  const ended = { ...consent, status } as { id?: string };
  const { status: code, text } = await hospital.fhir('PUT', `Consent/${ended.id}`, token, ended);
  assert.equal(code, 200, text);
}

const recipient = (participant: string) => ({
  role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'PRCP' }] },
  reference: { reference: `Organization/${participant}` },
});
const purpose = (code: string) => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code });
const inClass = (code: string) => ({ system: 'http://hl7.org/fhir/resource-types', code });

const refusal = (participant: string) => ({
  type: 'deny',
  actor: [recipient(participant)],
  purpose: [purpose('ETREAT')],
});

/** One rule with every element that can be enforced, and another of the kind within it. */
const everyRule = (participant: string, observation: string) => ({
  type: 'permit',
  period: { start: '2026-01-17T03:14:15.926Z', end: '2031-05-08' },
  actor: [recipient(participant)],
  action: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'access' }] },
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'correct' }] },
  ],
  securityLabel: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }],
  purpose: [purpose('TREAT'), purpose('HPAYMT')],
  class: [inClass('Observation'), inClass('MedicationRequest')],
  code: [
    { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
    { coding: [{ system: 'http://snomed.info/sct', code: '165816005' }] },
  ],
  dataPeriod: { start: '1997-11-02', end: '2029-12-24T08:09:10Z' },
  data: [{ meaning: 'instance', reference: { reference: `Observation/${observation}` } }],
  extension: [
    { url: 'https://mooring.example/fhir/StructureDefinition/mask', valueString: 'interpretation' },
  ],
  provision: [
    {
      type: 'deny',
      purpose: [purpose('HMARKT')],
      dataPeriod: { start: '2003-06-19', end: '2004-07-21' },
      class: [inClass('DiagnosticReport')],
    },
  ],
});
