// SPDX-License-Identifier: Apache-2.0
import type { JsonWebKey } from 'node:crypto';
import type { Participant } from '@mooring/chaincode/participant';
import { codeOf } from '../ledger/code-of.ts';
import { type CommittedTransaction, type Ledger, LedgerError } from '../ledger/ledger.ts';
import type { Logger } from '../operate/log.ts';
import type { Db } from '../store/sql/database.ts';
import { acceptConsent } from './accept.ts';
import { listParticipants } from './calls.ts';
import type { ConsentRules } from './consent.ts';
import { openDecisions } from './deciding.ts';
import type { CheckpointHistory, ConsentHistory } from './history.ts';
import { linkSubject } from './link.ts';
import { openMergedPatients } from './merged.ts';
import { enroll, type Registration, registerParticipant } from './participants.ts';
import { listCheckpoints } from './projection/checkpoints.ts';
import { type OnProgress, Projection } from './projection/projection.ts';
import { ProjectionTables } from './projection/tables.ts';
import { openSubjects } from './subjects.ts';
import { Tickets } from './tickets.ts';
import { openConsentHistory } from './versions.ts';

export { operatorConsentRoutes } from './operator.ts';
export { operatorLedgerRoutes } from './operator-ledger.ts';

export interface ConsentRulesOptions {
  readonly ledger: Ledger;
  /** Name of the channel that `ledger` is about; what is kept in the database is kept under it. */
  readonly channel: string;
  /** Where pseudonyms and the projection are kept. Several instances may share it. */
  readonly db: Db;
  /** 32 bytes; terms of consents are sealed with it at rest. */
  readonly secret: Uint8Array;
  /** The own organization's id on the ledger. */
  readonly participant: string;
  /** Keyed: nobody without the organization's secret can tell whose it is. */
  readonly pseudonym: (patientId: string) => string;
  readonly now: () => number;
  readonly maxAgeMs: number;
  readonly logger: Logger;
}

/** How far a channel's projection is. */
export interface ProjectionStatus {
  readonly channel: string;
  /** Every block below is taken in. */
  readonly position: bigint;
  /** Blocks of the channel; absent when the ledger doesn't say. */
  readonly height?: bigint;
  /** Code of what kept it from saying so. */
  readonly problem?: string;
  /** Infinite: not certain of anything yet. */
  readonly ageMs: number;
}

export interface OpenConsentRules extends ConsentRules, ConsentHistory, CheckpointHistory {
  /** Registers the patient's public ES256 key under the pseudonym. The same again is not an error; another needs `replace`. */
  enrollPatient(
    patientId: string,
    publicJwk: JsonWebKey,
    options?: { readonly replace?: boolean },
  ): Promise<void>;
  /** A participant of the own organization, itself first of all. The same again is not an error. */
  registerParticipant(registration: Registration): Promise<void>;
  participants(): Promise<readonly Participant[]>;
  /** Whether this participant, active or suspended, is on the channel as far as the projection knows. */
  knows(participant: string): boolean;
  /** The pseudonyms under which a patient is on the ledger: the organization's own first, then those that were linked. */
  subjectsOf(patientId: string): readonly string[];
  /** What others agreed on under their pseudonym counts for this patient from now on. The same again is not an error. Throws LedgerError. */
  link(patientId: string, subject: string): Promise<void>;
  /** How long ago it was certain that the projection misses nothing. */
  ageMs(): number;
  /** Blocks that are known to be there and not taken in. */
  lag(): bigint;
  /** Since the start: blocks taken in, and checkpoints that contradicted others. Now: consents whose terms are not to be had. */
  counts(): { readonly blocks: number; readonly alarms: number; readonly undecided: number };
  status(): Promise<ProjectionStatus>;
  /** Asks the ledger and catches up with it now. Throws ConsentError('NOT_FRESH'). */
  refresh(): Promise<void>;
  /** Drops what is kept of blocks from `from` on and takes it from the ledger anew; until it resolves, decisions are refused as NOT_FRESH. */
  rebuild(from?: bigint, onProgress?: OnProgress): Promise<void>;
  /** Drops all that was taken over, for it is of a ledger that the channel has no more. */
  forget(): Promise<void>;
  /** Resolves when the projection has caught up with the ledger for the first time. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** Decides from a projection of one channel of the ledger; see docs/consent.md for what the rules mean. */
export async function openConsentRules(options: ConsentRulesOptions): Promise<OpenConsentRules> {
  const { ledger, channel, db, secret, participant: own, pseudonym, now, maxAgeMs, logger } = options;
  const subjects = await openSubjects({ db, channel, pseudonym });
  const merged = openMergedPatients(db);
  const tickets = new Tickets(ledger, now);
  const projection = await Projection.open({
    ledger,
    channel,
    tables: new ProjectionTables(db, channel, secret),
    subjects,
    now,
    maxAgeMs,
    logger,
    onChange: (subject) => tickets.forget(subject),
  });

  const seen = async (committed: CommittedTransaction | undefined) => {
    if (committed) await projection.seen(committed.blockNumber);
  };
  const ownMspId = () => {
    const mspId = projection.participant(own)?.mspId;
    if (mspId === undefined)
      throw new LedgerError('PARTICIPANT_UNKNOWN', `${own} is not registered on the ledger`);
    return mspId;
  };
  const register = async (patient: string, jwk?: JsonWebKey, replace = false): Promise<string> => {
    const mspId = ownMspId();
    const subject = await subjects.remember(patient);
    await seen(await enroll(ledger, { subject, mspId, replace, ...(jwk ? { jwk } : {}) }));
    return subject;
  };

  const ready = projection.confirm();
  ready.catch((error) => logger.warn({ channel, code: error.code }, 'the ledger could not be read yet'));
  return {
    ...openDecisions({ projection, subjects, merged, tickets, own, now, maxAgeMs }),
    ...openConsentHistory({ ledger, projection, pseudonym }),
    checkpoints: (query) => listCheckpoints(db, channel, query),
    accept: async (consent) => seen(await acceptConsent(consent, { ledger, pseudonym, register })),
    enrollPatient: async (patientId, publicJwk, { replace = false } = {}) => {
      await register(patientId, publicJwk, replace);
    },
    registerParticipant: async (registration) => seen(await registerParticipant(ledger, registration)),
    participants: () => listParticipants(ledger),
    knows: (participant) => projection.participant(participant) !== undefined,
    subjectsOf: (patientId) => [...new Set([pseudonym(patientId), ...subjects.of(patientId)])],
    link: async (patientId, subject) => {
      if (subject === pseudonym(patientId)) return;
      await seen(await linkSubject(patientId, subject, { ledger, projection, subjects }));
    },
    ageMs: () => projection.ageMs(),
    lag: () => projection.lag(),
    counts: () => projection.counts(),
    async status() {
      const known = { channel, position: projection.next, ageMs: projection.ageMs() };
      try {
        return { ...known, height: await ledger.height() };
      } catch (error) {
        return { ...known, problem: codeOf(error) ?? 'UNKNOWN' };
      }
    },
    refresh: () => projection.confirm(),
    rebuild: (from = 0n, onProgress = () => {}) => projection.rebuild(from, onProgress),
    forget: () => projection.forget(),
    ready,
    close: () => projection.close(),
  };
}
