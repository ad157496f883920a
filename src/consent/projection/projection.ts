// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import type { ConsentTerms } from '@mooring/chaincode/terms';
import { codeOf } from '../../ledger/code-of.ts';
import { type Ledger, type LedgerBlock, LedgerError } from '../../ledger/ledger.ts';
import type { Logger } from '../../operate/log.ts';
import type { Subjects } from '../subjects.ts';
import {
  type Changes,
  changesNothing,
  type KnownConsent,
  type KnownParticipant,
  readChanges,
} from './changes.ts';
import { Freshness } from './freshness.ts';
import { Known } from './known.ts';
import { type Filling, fillIn, takeOver } from './missing.ts';
import { Progress } from './progress.ts';
import type { Moved, ProjectionTables } from './tables.ts';
import { openTurns } from './turns.ts';

export interface ProjectionOptions {
  readonly ledger: Ledger;
  readonly channel: string;
  readonly tables: ProjectionTables;
  readonly subjects: Subjects;
  readonly now: () => number;
  readonly maxAgeMs: number;
  readonly logger: Logger;
  /** Called when consents of a subject changed. */
  readonly onChange: (subject: string) => void;
}

export type OnProgress = (next: bigint, height: bigint) => void;

const RETRY_MS = 500;
/** Blocks that change nothing here are written down this many at a time; after a crash as many are read again. */
const BLOCKS_A_MOVE = 100n;
/** The age that is measured stays below the one that is refused, as long as the ledger answers. */
const CONFIRMATIONS_AN_AGE = 3;
const MIN_CONFIRM_MS = 250;
const MAX_CONFIRM_MS = 60_000;

/**
 * One channel's consents, participants and checkpoints, following its blocks: the tables, each block in one transaction, and a copy of
 * what decides in memory. Only consents of patients that are known here: nothing else could be decided, and nothing else is any of
 * this organization's business.
 */
export class Projection {
  readonly #options: ProjectionOptions;
  readonly #known = new Known();
  readonly #stop = new AbortController();
  readonly #progress = new Progress(this.#stop.signal);
  readonly #freshness: Freshness;
  readonly #inTurn = openTurns();
  readonly #heartbeat: NodeJS.Timeout;
  #following: Promise<void> = Promise.resolve();
  #confirming: Promise<void> | undefined;
  #rebuilding: Promise<void> | undefined;
  /** Ends one round of following, so that the next begins elsewhere. */
  #round = new AbortController();
  #epoch = 0n;
  /** As the tables have it, and as far as known here. */
  #written = 0n;
  #blocks = 0;
  #alarms = 0;
  /** Grows with every change of what decisions are made from. */
  generation = 0;

  static async open(options: ProjectionOptions): Promise<Projection> {
    const projection = new Projection(options);
    try {
      await projection.#reload();
    } catch (error) {
      clearInterval(projection.#heartbeat);
      throw error;
    }
    projection.#following = projection.#follow();
    return projection;
  }

  constructor(options: ProjectionOptions) {
    this.#options = options;
    this.#freshness = new Freshness(options.ledger, this.#progress, options.now);
    const everyMs = Math.max(options.maxAgeMs / CONFIRMATIONS_AN_AGE, MIN_CONFIRM_MS);
    this.#heartbeat = setInterval(
      () => void this.confirm().catch(() => {}),
      Math.min(everyMs, MAX_CONFIRM_MS),
    ).unref();
  }

  /** `undefined`: something that a patient said is not known yet, and nothing can be decided. */
  termsOf(subject: string): readonly ConsentTerms[] | undefined {
    return this.#options.subjects.isLoaded(subject) ? this.#known.termsOf(subject) : undefined;
  }

  subjectsWithConsents(): IterableIterator<string> {
    return this.#known.subjects();
  }

  participant(id: string): KnownParticipant | undefined {
    return this.#known.participant(id);
  }

  consent(pseudonym: string, id: string): KnownConsent | undefined {
    return this.#known.find(pseudonym, id, this.#options.subjects.isOwn);
  }

  get next(): bigint {
    return this.#progress.next;
  }

  /** How long ago it was certain that nothing is missing here. */
  ageMs(): number {
    return this.#freshness.ageMs();
  }

  lag(): bigint {
    return this.#freshness.lag();
  }

  /** Since the start: blocks taken in, and checkpoints that contradicted others. Now: consents whose terms aren't to be had. */
  counts(): { readonly blocks: number; readonly alarms: number; readonly undecided: number } {
    return { blocks: this.#blocks, alarms: this.#alarms, undecided: this.#known.withoutTerms().length };
  }

  /** Asks the ledger how far it is and catches up with it. Those who ask at once share one question. */
  confirm(): Promise<void> {
    this.#confirming ??= this.#confirm().finally(() => {
      this.#confirming = undefined;
    });
    return this.#confirming;
  }

  /** Resolves when the events of this block have been taken in. */
  seen(blockNumber: bigint): Promise<void> {
    return this.#progress.seen(blockNumber);
  }

  /** Begins anew at a block and resolves when it has caught up; until then nothing is decided. Those who ask meanwhile wait for the same. */
  rebuild(from: bigint, onProgress: OnProgress): Promise<void> {
    this.#rebuilding ??= this.#rebuild(from, onProgress).finally(() => {
      this.#rebuilding = undefined;
    });
    return this.#rebuilding;
  }

  /** Drops everything, without asking the ledger: it was of another. */
  forget(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#options.tables.restart(0n);
      await this.#reload();
    });
  }

  /** Takes over what the ledger says of a subject that was linked just now. */
  takeOver(subject: string): Promise<void> {
    return takeOver(subject, this.#filling());
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#stop.abort();
    await this.#following;
    if (this.#written < this.next) await this.#options.tables.moveTo(this.next, this.#epoch).catch(() => {});
  }

  async #confirm(): Promise<void> {
    await this.#freshness.confirm();
    await fillIn(this.#filling()).catch((error) => this.#warn(error, 'terms of consents are still missing'));
  }

  #filling(): Filling {
    const { ledger, subjects, tables } = this.#options;
    const [known, progress, inTurn] = [this.#known, this.#progress, this.#inTurn];
    return { ledger, subjects, tables, known, progress, inTurn, apply: (changes) => this.#apply(changes) };
  }

  async #rebuild(from: bigint, onProgress: OnProgress): Promise<void> {
    if (from < 0n || from > this.next)
      throw new LedgerError('ARGUMENT_INVALID', `block ${from} is none that was taken in before`);
    const { signal } = this.#stop;
    this.#freshness.suspend();
    try {
      const height = await this.#freshness.height();
      await this.#inTurn(async () => {
        await this.#options.tables.restart(from);
        await this.#reload();
      });
      while (this.next < height) {
        onProgress(this.next, height);
        await this.#progress.moved(signal);
        signal.throwIfAborted();
      }
      onProgress(height, height);
    } finally {
      this.#freshness.resume();
    }
    await this.confirm();
  }

  /** From the tables, and following from where they are. */
  async #reload(): Promise<void> {
    const { tables } = this.#options;
    const { next, epoch } = await tables.position();
    const [participants, consents] = [await tables.participants(), await tables.consents()];
    const before = [...this.#known.subjects()];
    this.#freshness.doubt();
    this.#known.clear();
    this.#epoch = epoch;
    this.#written = next;
    this.#apply({ participants, consents });
    before.forEach(this.#options.onChange);
    this.#progress.moveTo(next);
    this.#round.abort();
  }

  async #follow(): Promise<void> {
    const stopped = this.#stop.signal;
    while (!stopped.aborted) {
      this.#round = new AbortController();
      const { signal } = this.#round;
      try {
        const blocks = this.#options.ledger.follow(this.next, AbortSignal.any([stopped, signal]));
        for await (const block of blocks)
          await this.#inTurn(async () => {
            if (!signal.aborted && !stopped.aborted) await this.#take(block);
          });
      } catch (error) {
        if (stopped.aborted) return;
        this.#warn(error, 'following the ledger failed; trying again');
      }
      // What was interrupted is simply read again.
      if (!signal.aborted) await delay(RETRY_MS, undefined, { signal: stopped, ref: false }).catch(() => {});
    }
  }

  async #take(block: LedgerBlock): Promise<void> {
    const { ledger, channel, tables, logger } = this.#options;
    if (block.number < this.next) return;
    if (block.number > this.next)
      throw new LedgerError('UNAVAILABLE', `block ${block.number} came in the place of ${this.next}`);
    this.#freshness.heard(block.number);
    const changes = await readChanges(block, { ledger, concerns: (subject) => this.#concerns(subject) });
    let moved: Moved = 'moved';
    if (changesNothing(changes)) {
      if (block.number + 1n - this.#written >= BLOCKS_A_MOVE) moved = await this.#move(block.number + 1n);
    } else {
      const applied = await tables.apply(block.number, this.#epoch, changes);
      moved = applied.moved;
      if (moved !== 'rebuilt') this.#written = block.number + 1n;
      this.#alarms += applied.contradictions.length;
      for (const { origin, size, transactionId } of applied.contradictions)
        logger.error(
          { code: 'CHECKPOINT_CONTRADICTION', channel, origin, size: String(size), transactionId },
          'a checkpoint contradicts one that the ledger committed before',
        );
    }
    if (moved === 'rebuilt') return this.#reload();
    this.#apply(changes);
    this.#blocks += 1;
    this.#progress.moveTo(block.number + 1n);
  }

  async #move(next: bigint): Promise<Moved> {
    const moved = await this.#options.tables.moveTo(next, this.#epoch);
    if (moved !== 'rebuilt') this.#written = next;
    return moved;
  }

  /** Whether a subject is of a patient known here; one that another instance made known comes with what that one took over. */
  async #concerns(subject: string): Promise<boolean> {
    const { subjects, tables } = this.#options;
    if (subjects.patientOf(subject) !== undefined) return true;
    const found = await subjects.lookUp(subject);
    if (!found) return false;
    const consents = await tables.consents(subject);
    subjects.learn(found);
    this.#apply({ consents });
    return true;
  }

  #apply({ participants = [], erased = [], forgotten = [], consents = [] }: Partial<Changes>): void {
    const changed = [...erased, ...[...forgotten, ...consents].map(({ subject }) => subject)];
    if (changed.length + participants.length === 0) return;
    this.#known.apply({ participants, erased, forgotten, consents });
    this.generation += 1;
    for (const subject of new Set(changed)) this.#options.onChange(subject);
  }

  #warn(error: unknown, text: string): void {
    const { channel, logger } = this.#options;
    logger.warn({ channel, code: codeOf(error) }, text);
  }
}
