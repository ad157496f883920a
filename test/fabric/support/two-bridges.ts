// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildGrant, type Grant } from '../../../src/consent/build.ts';
import { signConsent } from '../../../src/consent/sign.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { admission, laboratoryResult, type Person } from '../../../src/tour/messages.ts';
import { findPatient, type Member } from './member.ts';

/** One person who is a patient of the hospital and of the clinic; what they agree to at the hospital counts at the clinic, too. */
export interface SharedPatient {
  /** Logical ids of the Patient. */
  readonly atHospital: string;
  readonly atClinic: string;
  /** File of the patient's private JWK. */
  readonly key: string;
}

/** Admits the person at both, has results at both, enrolls a key at the hospital, and links the clinic's Patient to the hospital's. */
export async function sharePatient(
  hospital: Member,
  clinic: Member,
  person: Person,
  folder: string,
): Promise<SharedPatient> {
  for (const member of [hospital, clinic])
    for (const message of [admission(person, new Date()), laboratoryResult(person, new Date())])
      assert.equal(await member.send(message), 'AA');
  const search = `identifier=${person.number}`;
  const [atHospital, atClinic] = [await findPatient(hospital, search), await findPatient(clinic, search)];
  const key = join(folder, `${person.number}.jwk`);
  await hospital.cli('consents', 'keygen', '--key', key);
  await hospital.operate('consents', 'enroll', '--patient', atHospital, '--key', key);
  const [subject = ''] = (await hospital.operate('consents', 'subject', '--patient', atHospital)).split('\n');
  await clinic.operate('consents', 'link', '--patient', atClinic, '--subject', subject);
  return { atHospital, atClinic, key };
}

/** Writes a grant at the hospital, signed as on the patient's phone. Answers it as it was written. */
export async function grantAt(
  hospital: Member,
  token: string,
  key: string,
  grant: Omit<Grant, 'id' | 'from'>,
): Promise<Resource> {
  const now = Date.now();
  const consent = buildGrant({ ...grant, id: randomUUID(), from: now });
  const signed = signConsent(consent, JSON.parse(await readFile(key, 'utf8')), { version: 1, at: now });
  const { status, text } = await hospital.fhir('PUT', `Consent/${consent.id}`, token, signed);
  assert.equal(status, 201, text);
  return signed;
}

export async function revokeAt(
  hospital: Member,
  token: string,
  key: string,
  granted: Resource,
): Promise<void> {
  const ended = { ...granted, status: 'inactive' };
  const signed = signConsent(ended, JSON.parse(await readFile(key, 'utf8')), { version: 2, at: Date.now() });
  const { status, text } = await hospital.fhir('PUT', `Consent/${granted.id}`, token, signed);
  assert.equal(status, 200, text);
}

/** Asks until the answer has the status; answers how long that took, in milliseconds. Throws on anything but the two statuses. */
export async function untilStatus(
  member: Member,
  path: string,
  token: string,
  { from, to, limitMs = 10_000 }: { from: number; to: number; limitMs?: number },
): Promise<number> {
  const started = performance.now();
  for (;;) {
    const { status, text } = await member.fhir('GET', path, token);
    const tookMs = performance.now() - started;
    if (status === to) return tookMs;
    assert.equal(status, from, text);
    assert.ok(tookMs < limitMs, `${path} is ${status} after ${limitMs} ms still`);
  }
}

/** From the moment in which the hospital has acknowledged the revocation until the clinic refuses, in milliseconds. */
export async function revokeToRefuse(
  revoked: {
    readonly hospital: Member;
    readonly token: string;
    readonly key: string;
    readonly granted: Resource;
  },
  reader: { readonly clinic: Member; readonly token: string; readonly path: string },
): Promise<number> {
  await revokeAt(revoked.hospital, revoked.token, revoked.key, revoked.granted);
  return untilStatus(reader.clinic, reader.path, reader.token, { from: 200, to: 404 });
}
