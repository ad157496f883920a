// SPDX-License-Identifier: Apache-2.0
import { type CommittedTransaction, type Ledger, LedgerError } from '../ledger/ledger.ts';
import { readParticipant, submitOnce } from './calls.ts';
import type { Projection } from './projection/projection.ts';
import type { Subjects } from './subjects.ts';

export interface Linking {
  readonly ledger: Ledger;
  readonly projection: Projection;
  readonly subjects: Subjects;
}

/**
 * From now on what was agreed to under another organization's pseudonym counts for this patient. In this order it can be broken off
 * anywhere and done again: nothing is permitted to others while the consents are still to be taken over, and the statement on the
 * ledger, which tells the other instances of this bridge, comes last.
 * Throws LedgerError: PARTICIPANT_UNKNOWN when nobody registered such a patient, PARTICIPANT_EXISTS when the pseudonym means another.
 */
export async function linkSubject(
  patient: string,
  subject: string,
  { ledger, projection, subjects }: Linking,
): Promise<CommittedTransaction | undefined> {
  const registered = await readParticipant(ledger, subject);
  if (registered?.role !== 'patient')
    throw new LedgerError('PARTICIPANT_UNKNOWN', `no patient ${subject} on the ledger`);
  await subjects.remember(patient);
  await subjects.link(patient, subject);
  if (!subjects.isLoaded(subject)) await projection.takeOver(subject);
  return submitOnce(ledger, { contract: 'records', name: 'RegisterHolder', args: [subject] });
}
