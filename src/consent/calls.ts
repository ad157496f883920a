// SPDX-License-Identifier: Apache-2.0
import type { ConsentRecord, PrivateTerms } from '@mooring/chaincode/consentState';
import type { Participant } from '@mooring/chaincode/participant';
import { type CommittedTransaction, type Ledger, LedgerError, type Transaction } from '../ledger/ledger.ts';

/** A version of a consent; the terms are gone when they were erased. */
export type ConsentVersion = ConsentRecord & Partial<PrivateTerms>;

/** The contract's queries that the consent rules need, with their answers parsed. */
export async function readConsentVersion(
  ledger: Ledger,
  subject: string,
  consent: string,
  version?: number,
): Promise<ConsentVersion | undefined> {
  const args = [subject, consent, version === undefined ? '' : String(version)];
  return unless('CONSENT_UNKNOWN', () =>
    ask<ConsentVersion>(ledger, { contract: 'consents', name: 'Read', args }),
  );
}

/** The newest version of each consent of a subject. */
export function listConsents(ledger: Ledger, subject: string): Promise<readonly ConsentVersion[]> {
  return ask(ledger, { contract: 'consents', name: 'List', args: [subject] });
}

/** Every version of a consent, oldest first; none when there is no such consent. */
export function readHistory(
  ledger: Ledger,
  subject: string,
  consent: string,
): Promise<readonly ConsentRecord[]> {
  return ask(ledger, { contract: 'consents', name: 'History', args: [subject, consent] });
}

export async function readParticipant(ledger: Ledger, id: string): Promise<Participant | undefined> {
  return unless('PARTICIPANT_UNKNOWN', () =>
    ask<Participant>(ledger, { contract: 'participants', name: 'Read', args: [id] }),
  );
}

export async function listParticipants(ledger: Ledger): Promise<readonly Participant[]> {
  return ask<readonly Participant[]>(ledger, { contract: 'participants', name: 'List', args: [] });
}

/** Submits what may have been committed before: `undefined` when it was. */
export function submitOnce(
  ledger: Ledger,
  transaction: Transaction,
): Promise<CommittedTransaction | undefined> {
  return unless(['CONSENT_DUPLICATE', 'PARTICIPANT_DUPLICATE', 'HOLDER_DUPLICATE'], () =>
    ledger.submit(transaction),
  );
}

async function ask<T>(ledger: Ledger, transaction: Transaction): Promise<T> {
  return JSON.parse(Buffer.from(await ledger.evaluate(transaction)).toString('utf8')) as T;
}

async function unless<T>(codes: string | readonly string[], act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof LedgerError && codes.includes(error.code)) return undefined;
    throw error;
  }
}
