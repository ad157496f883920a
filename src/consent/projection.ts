// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import type { Participant } from '@mooring/chaincode/participant';
import type { ConsentTerms } from '@mooring/chaincode/terms';
import type { Ledger, LedgerEvent } from '../ledger/ledger.ts';
import type { Logger } from '../operate/log.ts';
import { readConsentVersion } from './calls.ts';
import { ConsentError } from './consent.ts';
import type { Subjects } from './subjects.ts';

export interface ProjectionOptions {
  readonly ledger: Ledger;
  readonly subjects: Subjects;
  readonly now: () => number;
  readonly logger: Logger;
  /** Called when consents of a subject changed. */
  readonly onChange: (subject: string) => void;
}

type KnownParticipant = Pick<Participant, 'id' | 'role' | 'mspId' | 'status'>;

/** How long a question may wait for the events that the ledger says there are. */
const CATCH_UP_MS = 5000;
const RETRY_MS = 500;

/**
 * The ledger's consents and participants in memory, following its events. Only the consents of this organization's own patients:
 * nothing else could be decided here, and nothing else is any of its business.
 */
export class Projection {
  readonly #options: ProjectionOptions;
  readonly #consents = new Map<string, Map<string, ConsentTerms>>();
  readonly #participants = new Map<string, KnownParticipant>();
  readonly #stop = new AbortController();
  readonly #waiters = new Set<() => void>();
  readonly #following: Promise<void>;
  /** Every event of blocks below has been taken in. */
  #next = 0n;
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #confirming: Promise<void> | undefined;
  /** Grows with every change of what decisions are made from. */
  generation = 0;

  constructor(options: ProjectionOptions) {
    this.#options = options;
    this.#following = this.#follow();
  }

  consentsOf(subject: string): readonly ConsentTerms[] {
    return [...(this.#consents.get(subject)?.values() ?? [])];
  }

  subjectsWithConsents(): IterableIterator<string> {
    return this.#consents.keys();
  }

  participant(id: string): KnownParticipant | undefined {
    return this.#participants.get(id);
  }

  /** How long ago it was certain that nothing is missing here. */
  ageMs(): number {
    return this.#options.now() - this.#confirmedAt;
  }

  /** Asks the ledger how far it is and catches up with it. Those who ask at once share one question. */
  confirm(): Promise<void> {
    this.#confirming ??= this.#confirm().finally(() => {
      this.#confirming = undefined;
    });
    return this.#confirming;
  }

  /** Resolves when the events of this block have been taken in. */
  async seen(blockNumber: bigint): Promise<void> {
    const deadline = AbortSignal.any([AbortSignal.timeout(CATCH_UP_MS), this.#stop.signal]);
    while (this.#next <= blockNumber) {
      if (deadline.aborted)
        throw new ConsentError('NOT_FRESH', `the events up to block ${blockNumber} did not arrive`);
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiters.delete(wake);
          deadline.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiters.add(wake);
        deadline.addEventListener('abort', wake, { once: true });
      });
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  async #confirm(): Promise<void> {
    const { ledger, now } = this.#options;
    const askedAt = now();
    let height: bigint;
    try {
      height = await ledger.height();
    } catch (cause) {
      throw new ConsentError('NOT_FRESH', 'the ledger can not be asked how far it is', { cause });
    }
    await this.seen(height - 1n);
    this.#confirmedAt = askedAt;
  }

  async #follow(): Promise<void> {
    const { ledger, logger } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        for await (const event of ledger.follow(this.#next, signal)) {
          await this.#apply(event);
          if (event.lastOfBlock) this.#advance(event.blockNumber + 1n);
        }
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ code: (error as { code?: string }).code }, 'following the ledger failed; trying again');
      }
      // Applying an event twice changes nothing, so the block that was interrupted is simply read again.
      await delay(RETRY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  #advance(next: bigint): void {
    this.#next = next;
    for (const wake of [...this.#waiters]) wake();
  }

  async #apply({ name, payload }: LedgerEvent): Promise<void> {
    const content = JSON.parse(Buffer.from(payload).toString('utf8')) as Record<string, unknown>;
    switch (name) {
      case 'ParticipantChanged': {
        const participant = content as unknown as KnownParticipant;
        if (participant.role !== 'patient') this.#participants.set(participant.id, participant);
        this.generation += 1;
        return;
      }
      case 'ConsentChanged':
        return this.#take(String(content['subject']), String(content['consent']), Number(content['version']));
      case 'ConsentsErased':
        this.#consents.delete(String(content['subject']));
        return this.#changed(String(content['subject']));
      default:
        // Checkpoints, tickets and holders decide nothing.
        return;
    }
  }

  async #take(subject: string, consent: string, version: number): Promise<void> {
    if ((await this.#options.subjects.patientOf(subject)) === undefined) return;
    const found = await readConsentVersion(this.#options.ledger, subject, consent, version);
    const consents = this.#consents.get(subject) ?? new Map<string, ConsentTerms>();
    if (found?.terms) consents.set(consent, found.terms);
    else consents.delete(consent);
    this.#consents.set(subject, consents);
    this.#changed(subject);
  }

  #changed(subject: string): void {
    this.generation += 1;
    this.#options.onChange(subject);
  }
}
