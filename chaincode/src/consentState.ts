// SPDX-License-Identifier: Apache-2.0
import type { Context } from 'fabric-contract-api';
import { decide } from './decide.ts';
import { ContractError } from './errors.ts';
import { holdersOf } from './holders.ts';
import { type Directory, type Participant, readParticipant } from './participant.ts';
import { key, listState, padded, readPrivate, transactionTime } from './state.ts';
import type { AccessRequest, ConsentTerms, Decision } from './terms.ts';

export const TERMS_COLLECTION = 'consentTerms';

/** What everybody on the channel sees of one version of a consent. `consent` is a pseudonym, too: clients choose resource ids. */
export interface ConsentRecord {
  readonly subject: string;
  readonly consent: string;
  readonly version: number;
  readonly status: 'active' | 'revoked';
  /** Salted. */
  readonly termsHash: string;
  readonly mspId: string;
  /** The patient's signature and which key verified it, or that the organization attests what it has on paper. */
  readonly basis:
    | { readonly signedWith: string; readonly signature: string }
    | { readonly attestedBy: string };
  readonly transactionId: string;
  readonly timestamp: string;
}

/** What the members of the collection keep beside it. */
export interface PrivateTerms {
  readonly terms: ConsentTerms;
  readonly salt: string;
}

export function consentKey(ctx: Context, subject: string, consent: string, version: number): string {
  return key(ctx, 'consent', subject, consent, padded(version));
}

/** Oldest first. */
export async function consentVersions(
  ctx: Context,
  subject: string,
  consent: string,
): Promise<ConsentRecord[]> {
  const found = await listState<ConsentRecord>(ctx, 'consent', subject, consent);
  return found.map(({ value }) => value);
}

/** Of every consent of the subject the version that held at `until` (ISO), or the newest. */
export async function consentsOf(ctx: Context, subject: string, until?: string): Promise<ConsentRecord[]> {
  const latest = new Map<string, ConsentRecord>();
  for (const { value } of await listState<ConsentRecord>(ctx, 'consent', subject)) {
    if (until === undefined || value.timestamp <= until) latest.set(value.consent, value);
  }
  return [...latest.values()];
}

/**
 * `undefined`: they were erased. A peer hands private data on beside the blocks, and one that lacks what a block has the hash of fails
 * here: without these terms, which may forbid something, nothing can be decided.
 */
export function termsOf(ctx: Context, record: ConsentRecord): Promise<PrivateTerms | undefined> {
  const { subject, consent, version } = record;
  return readPrivate<PrivateTerms>(ctx, TERMS_COLLECTION, consentKey(ctx, subject, consent, version));
}

/** Decides at the time of the transaction, by the roles that the register knows. */
export async function decideNow(
  ctx: Context,
  request: Omit<AccessRequest, 'roles'>,
  directory: Directory,
): Promise<Decision> {
  const recipient = directory.get(request.recipient);
  if (recipient?.status !== 'active') return { effect: 'deny', reason: 'PARTICIPANT_SUSPENDED' };
  const records = await consentsOf(ctx, request.subject);
  const terms: ConsentTerms[] = [];
  // One after the other: the order of reads is part of what the endorsers must agree on.
  for (const record of records) {
    const found = await termsOf(ctx, record);
    if (found) terms.push(found.terms);
  }
  return decide(terms, { ...request, roles: [recipient.role] }, transactionTime(ctx).text);
}

/**
 * Whose records are asked for: a participant of the patient's organization, or of one that registered as holder of the patient's records.
 * Whoever registers gains nothing but to be judged by the patient's consents for what it has itself. Throws ContractError('NOT_AUTHORIZED').
 */
export async function custodianOf(
  ctx: Context,
  subject: string,
  custodian: string,
  directory: Directory,
): Promise<Participant> {
  const patient = await readParticipant(ctx, subject);
  if (patient?.role !== 'patient') throw new ContractError('PARTICIPANT_UNKNOWN', `no patient ${subject}`);
  const found = directory.get(custodian);
  if (found && (found.mspId === patient.mspId || (await isHolder(ctx, subject, found)))) return found;
  throw new ContractError('NOT_AUTHORIZED', `${custodian} is no holder of records of patient ${subject}`);
}

async function isHolder(ctx: Context, subject: string, { mspId }: Participant): Promise<boolean> {
  return (await holdersOf(ctx, subject)).some((holder) => holder.mspId === mspId);
}
