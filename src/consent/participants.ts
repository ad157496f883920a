// SPDX-License-Identifier: Apache-2.0

import type { JsonWebKey } from 'node:crypto';
import { canonicalJson } from '@mooring/chaincode/canonical';
import { readPublicJwk } from '@mooring/chaincode/signature';
import { type CommittedTransaction, type Ledger, LedgerError } from '../ledger/ledger.ts';
import { readParticipant, submitOnce } from './calls.ts';

export interface Registration {
  readonly id: string;
  readonly role: string;
  readonly mspId: string;
  readonly jwk?: JsonWebKey;
}

/** Registers a participant of the own organization. Doing so again is not an error. */
export async function registerParticipant(
  ledger: Ledger,
  { id, role, mspId, jwk }: Registration,
): Promise<CommittedTransaction | undefined> {
  const key = jwk ? canonicalJson(publicMembers(jwk)) : '';
  return submitOnce(ledger, { contract: 'participants', name: 'Register', args: [id, role, mspId, key] });
}

export interface Enrolment {
  readonly subject: string;
  readonly mspId: string;
  /** Absent: a patient whose consents the organization attests, until there is a key. */
  readonly jwk?: JsonWebKey;
  /** A key that was lost is replaced on the organization's word, which the ledger records. */
  readonly replace?: boolean;
}

/** Registers a patient under the pseudonym, or gives a registered one a key. Throws LedgerError('PARTICIPANT_EXISTS'). */
export async function enroll(
  ledger: Ledger,
  { subject, mspId, jwk, replace = false }: Enrolment,
): Promise<CommittedTransaction | undefined> {
  const patient = await readParticipant(ledger, subject);
  if (!patient)
    return registerParticipant(ledger, { id: subject, role: 'patient', mspId, ...(jwk ? { jwk } : {}) });
  if (!jwk) return undefined;
  const key = canonicalJson(publicMembers(jwk));
  if (patient.publicKey && canonicalJson(patient.publicKey) === key) return undefined;
  if (patient.publicKey && !replace)
    throw new LedgerError('PARTICIPANT_EXISTS', 'the patient has another key; replacing it must be said');
  return ledger.submit({ contract: 'participants', name: 'RotateKey', args: [subject, key, ''] });
}

/** Checked before it leaves: what is no P-256 key, or a private one, is refused here. */
function publicMembers(jwk: JsonWebKey): object {
  try {
    return readPublicJwk(JSON.stringify(jwk));
  } catch (cause) {
    throw new LedgerError('KEY_INVALID', 'expected a public P-256 JWK', { cause });
  }
}
