// SPDX-License-Identifier: Apache-2.0
import type { Member } from '../../test/fabric/support/member.ts';
import {
  grantAt,
  revokeAt,
  type SharedPatient,
  sharePatient,
  untilStatus,
} from '../../test/fabric/support/two-bridges.ts';
import { printSpread, spread } from '../rate.ts';

/** Tokens live for five minutes. */
const REVOCATIONS_A_TOKEN = 50;

/**
 * A patient of both revokes at the hospital what let the laboratory read at the clinic, again and again. The laboratory asks all the
 * time, so until it is refused means: until it has read the first answer that refuses.
 */
export async function revokeToRefuse(
  { hospital, clinic }: { readonly hospital: Member; readonly clinic: Member },
  folder: string,
  revocations: number,
): Promise<void> {
  const person = { number: '4100001', family: 'Loadwell', given: 'Shared' };
  const patient = await sharePatient(hospital, clinic, person, folder);
  const took: { sentMs: number; ackedMs: number }[] = [];
  let tokens = { patient: '', laboratory: '' };
  for (let n = 0; n < revocations; n += 1) {
    if (n % REVOCATIONS_A_TOKEN === 0)
      tokens = { patient: await hospital.token(), laboratory: await clinic.token('laboratory') };
    took.push(await one({ hospital, clinic }, patient, tokens));
  }
  printSpread('revocation sent to refused by the other', spread(took.map(({ sentMs }) => sentMs)));
  printSpread('revocation acknowledged to refused', spread(took.map(({ ackedMs }) => ackedMs)));
}

async function one(
  { hospital, clinic }: { readonly hospital: Member; readonly clinic: Member },
  { atHospital, atClinic, key }: SharedPatient,
  tokens: { readonly patient: string; readonly laboratory: string },
): Promise<{ sentMs: number; ackedMs: number }> {
  const path = `Patient/${atClinic}`;
  const granted = await grantAt(hospital, tokens.patient, key, { patient: atHospital, to: 'laboratory' });
  await untilStatus(clinic, path, tokens.laboratory, { from: 404, to: 200 });
  const refused = untilStatus(clinic, path, tokens.laboratory, { from: 200, to: 404 });
  const sent = performance.now();
  const acked = revokeAt(hospital, tokens.patient, key, granted).then(() => performance.now() - sent);
  const [sentMs, acknowledgedMs] = await Promise.all([refused, acked]);
  // The clinic may know before the hospital has told the patient.
  return { sentMs, ackedMs: Math.max(0, sentMs - acknowledgedMs) };
}
