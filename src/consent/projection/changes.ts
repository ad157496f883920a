// SPDX-License-Identifier: Apache-2.0
import type { Participant } from '@mooring/chaincode/participant';
import type { ConsentTerms } from '@mooring/chaincode/terms';
import type { Ledger, LedgerBlock } from '../../ledger/ledger.ts';
import type { CheckpointView } from '../history.ts';
import { readVersionTerms } from './read-terms.ts';

export type KnownParticipant = Pick<Participant, 'id' | 'role' | 'mspId' | 'status'>;

/** The newest version of a consent. `subject` and `consent` are pseudonyms. */
export interface KnownConsent {
  readonly subject: string;
  readonly consent: string;
  readonly version: number;
  readonly status: ConsentTerms['status'];
  /** Absent: the own peer doesn't have them yet. */
  readonly terms?: ConsentTerms;
}

/** A version that decides nothing any more, nor do those before it. */
export type ForgottenConsent = Omit<KnownConsent, 'status' | 'terms'>;

/** What one block changes of what is kept here; of several changes of one thing the last. */
export interface Changes {
  readonly participants: readonly KnownParticipant[];
  /** Subjects whose terms were all erased; what `consents` says of them came later. */
  readonly erased: readonly string[];
  readonly forgotten: readonly ForgottenConsent[];
  readonly consents: readonly KnownConsent[];
  readonly checkpoints: readonly CheckpointView[];
}

export interface Reading {
  readonly ledger: Ledger;
  /** Subjects of patients that are known here: all others are nobody's business. Asked for before their change is read. */
  readonly concerns: (subject: string) => Promise<boolean>;
}

/** Reads at the own peer as many terms at once. */
const READS_AT_ONCE = 16;

/** Takes from a block what the projection keeps, with the terms as the own peer has them. Throws LedgerError when it can't be asked. */
export async function readChanges(block: LedgerBlock, { ledger, concerns }: Reading): Promise<Changes> {
  const participants = new Map<string, KnownParticipant>();
  const erased = new Set<string>();
  const changed = new Map<string, KnownConsent>();
  const checkpoints: CheckpointView[] = [];
  for (const { name, payload, transactionId } of block.events) {
    const content = JSON.parse(Buffer.from(payload).toString('utf8')) as Record<string, unknown>;
    const subject = String(content['subject']);
    switch (name) {
      case 'ParticipantChanged': {
        const { id, role, mspId, status } = content as unknown as KnownParticipant;
        if (role !== 'patient') participants.set(id, { id, role, mspId, status });
        break;
      }
      case 'ConsentChanged': {
        if (!(await concerns(subject))) break;
        const { consent, version, status } = content as unknown as KnownConsent;
        changed.set(JSON.stringify([subject, consent]), { subject, consent, version, status });
        break;
      }
      case 'ConsentsErased':
        if (!(await concerns(subject))) break;
        erased.add(subject);
        for (const [key, consent] of changed) if (consent.subject === subject) changed.delete(key);
        break;
      case 'HolderRegistered':
        // Another instance may have linked this patient: from here on both follow.
        await concerns(subject);
        break;
      case 'CheckpointCommitted': {
        const { origin, size, root, timestamp } = content as Record<string, string>;
        if (origin === undefined || root === undefined) break;
        const at = String(timestamp);
        checkpoints.push({
          origin,
          size: BigInt(size ?? 0),
          root,
          transactionId,
          blockNumber: block.number,
          at,
        });
        break;
      }
      default:
        // Tickets decide nothing here.
        break;
    }
  }
  const { consents, forgotten } = await withTerms(ledger, [...changed.values()]);
  return { participants: [...participants.values()], erased: [...erased], forgotten, consents, checkpoints };
}

export function changesNothing(changes: Changes): boolean {
  return Object.values(changes).every((list) => (list as readonly unknown[]).length === 0);
}

async function withTerms(
  ledger: Ledger,
  changed: readonly KnownConsent[],
): Promise<Pick<Changes, 'consents' | 'forgotten'>> {
  const consents: KnownConsent[] = [];
  const forgotten: ForgottenConsent[] = [];
  for (let from = 0; from < changed.length; from += READS_AT_ONCE) {
    const some = changed.slice(from, from + READS_AT_ONCE);
    const read = await Promise.all(some.map((each) => readVersionTerms(ledger, each)));
    some.forEach((each, index) => {
      const terms = read[index];
      if (terms === 'erased') forgotten.push(each);
      else consents.push(terms === undefined ? each : { ...each, terms });
    });
  }
  return { consents, forgotten };
}
