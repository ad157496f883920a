// SPDX-License-Identifier: Apache-2.0
import type { Context } from 'fabric-contract-api';
import { ContractError } from './errors.ts';
import type { Role } from './readTerms.ts';
import type { PublicJwk } from './signature.ts';
import { key, listState, readState, writeState } from './state.ts';

/** Who takes part in the network: organizations, auditors, practitioners, and patients under a pseudonym of their hospital's. */
export interface Participant {
  readonly id: string;
  readonly role: Role;
  /** The organization that registered it and alone may change it. */
  readonly mspId: string;
  readonly status: 'active' | 'suspended';
  readonly publicKey?: PublicJwk;
  /** Who vouches for the present key: the enrolling organization, or the holder by a signature of the key before. */
  readonly keySetBy?: 'organization' | 'holder';
}

export function readParticipant(ctx: Context, id: string): Promise<Participant | undefined> {
  return readState<Participant>(ctx, key(ctx, 'participant', id));
}

export async function knownParticipant(ctx: Context, id: string): Promise<Participant> {
  const found = await readParticipant(ctx, id);
  if (!found) throw new ContractError('PARTICIPANT_UNKNOWN', `no participant ${id}`);
  return found;
}

/** Patients are many and nobody's business: only the others are in the directory, too. */
export async function writeParticipant(ctx: Context, participant: Participant): Promise<void> {
  await writeState(ctx, key(ctx, 'participant', participant.id), participant);
  if (participant.role !== 'patient')
    await writeState(ctx, key(ctx, 'directory', participant.id), participant);
}

export type Directory = ReadonlyMap<string, Participant>;

/**
 * All participants but the patients. Who is meant in terms or in a request is looked up here and never by a key of its own: what a
 * transaction read stands in the block for everyone to see, and a single key would name the recipient.
 */
export async function readDirectory(ctx: Context): Promise<Directory> {
  const all = await listState<Participant>(ctx, 'directory');
  return new Map(all.map(({ value }) => [value.id, value]));
}

/** One organization can't write in another's name: authority is the membership that the platform has authenticated. */
export function assertOwn(ctx: Context, mspId: string, what: string): void {
  if (ctx.clientIdentity.getMSPID() !== mspId)
    throw new ContractError('NOT_AUTHORIZED', `${what} belongs to another organization`);
}
