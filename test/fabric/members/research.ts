// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askOperator } from '../../../src/cli/operator.ts';
import { generatePatientKey } from '../../../src/consent/sign.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { admission, laboratoryResult, type Person } from '../../../src/tour/messages.ts';
import { findPatient, type Member } from '../support/member.ts';

/** A participant of the laboratory's organization that is on the second channel and nowhere else. */
export const INSTITUTE = 'institute';

/** Registers it, and waits until the hospital knows. */
export async function registerInstitute(laboratory: Member, hospital: Member): Promise<void> {
  const registration = { id: INSTITUTE, role: 'laboratory', mspId: 'LaboratoryMSP', channel: 'research' };
  await operator(laboratory, 'POST', '/participants', registration);
  for (const late = performance.now() + 20_000; performance.now() < late; ) {
    const known = (await operator(hospital, 'GET', '/participants')) as { id: string; channel: string }[];
    const found = known.filter(({ id }) => id === INSTITUTE);
    if (found.length > 0)
      return assert.deepEqual(
        found.map(({ channel }) => channel),
        ['research'],
      );
  }
  throw new Error('the hospital does not know of the institute');
}

/** Admits somebody with two results, and enrolls the key of their phone. Answers the Patient's logical id and the key's file. */
export async function admit(
  hospital: Member,
  person: Person,
  folder: string,
): Promise<{ readonly patient: string; readonly key: string }> {
  for (const message of [admission(person, new Date()), laboratoryResult(person, new Date())])
    assert.equal(await hospital.send(message), 'AA');
  const patient = await findPatient(hospital, `identifier=${person.number}`);
  const { privateJwk, publicJwk } = generatePatientKey();
  const key = join(folder, `${person.number}.jwk`);
  await writeFile(key, JSON.stringify(privateJwk), { mode: 0o600 });
  await operator(hospital, 'POST', `/patients/${patient}/key`, { jwk: publicJwk });
  return { patient, key };
}

/** What the hospital has on paper: a Consent with this rule, which nobody signed. Answers it as it was written. */
export async function attest(
  hospital: Member,
  token: string,
  patient: string,
  provision: object,
  more: object = {},
): Promise<Resource> {
  const consent = { ...paper(patient), ...more, id: randomUUID(), provision } as unknown as Resource;
  const { status, text } = await hospital.fhir('PUT', `Consent/${consent.id}`, token, consent);
  assert.equal(status, 201, text);
  return consent;
}

/** Origin of a bridge's log, and how many leaves it has now. */
export async function signedCheckpoint({ bridge }: Member): Promise<[origin: string, size: number]> {
  const note = await (await fetch(`${bridge.url}/log/checkpoint`)).text();
  const [origin = '', size] = note.split('\n');
  return [origin, Number(size)];
}

export function operator(
  member: Member,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const bridge = { url: member.bridge.url, dataDir: join(member.dataDir, member.id) };
  return askOperator(bridge, method, path, body);
}

const paper = (patient: string) => ({
  resourceType: 'Consent',
  status: 'active',
  scope: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }],
  },
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  patient: { reference: `Patient/${patient}` },
  policyRule: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTIN' }],
  },
});
