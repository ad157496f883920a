// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../../operate/log.ts';
import type { Db } from '../../store/sql/database.ts';
import { codeOf } from './failures.ts';
import { Kin } from './kin.ts';
import { Lanes } from './lanes.ts';
import { loadKin, loadLeftBehind, loadWaiting, type Waiting } from './table.ts';

export interface BacklogOptions {
  readonly db: Db;
  readonly instance: string;
  readonly logger: Logger;
  readonly now: () => number;
  readonly maxRunning: number;
  readonly minRunning: number;
  /** Whether messages are being written right now, which uses the same database. */
  readonly receiving: () => boolean;
  readonly maxWaiting: number;
  readonly maxKin: number;
  readonly run: (id: string) => Promise<void>;
}

const CHUNK = 500;
const RETRY_MS = 500;
/** Messages from which a new process learns who is who. */
const RECENT = 100_000;
/** While messages come in, one more is processed at a time for so many that wait. */
const WAITING_PER_RUNNING = 100;
/** A message of another instance that waits for so long was left behind; until then it is that instance's own affair. */
const LEFT_BEHIND_MS = 60_000;

/**
 * The messages that wait, in lanes. The table is the queue; memory holds its front. While there is more than memory may hold, or the
 * process has just started, what arrives stays in the table and is read back in the order of arrival.
 */
export class Backlog {
  readonly #options: BacklogOptions;
  readonly #lanes: Lanes;
  readonly #kin: Kin;
  readonly #ids = new Set<string>();
  #lastArrival = 0n;
  /** Whether the table may hold waiting messages after `#lastArrival`. */
  #behind = true;
  #arrivedMeanwhile = false;
  #catchingUp: Promise<void> | undefined;
  #closed = false;

  constructor(options: BacklogOptions) {
    this.#options = options;
    this.#lanes = new Lanes(() => this.#maxRunning());
    this.#kin = new Kin(options.maxKin);
  }

  get size(): number {
    return this.#lanes.size;
  }

  /** Learns from what was received before the process started, then goes on with what was left unprocessed. */
  async start(): Promise<void> {
    for (const lanes of await loadKin(this.#options.db, RECENT)) this.#kin.lanes(lanes);
    this.catchUp();
  }

  /** To be called when receiving pauses: then more may be processed. */
  wake(): void {
    this.#lanes.wake();
  }

  /** What has become durable, in the order of arrival; `foreign` are earlier ones of other instances in the same lanes. */
  landed(landed: readonly Waiting[], foreign: readonly Waiting[]): void {
    for (const each of foreign) if (!this.#behind || each.arrival <= this.#lastArrival) this.#enter(each);
    if (!this.#behind) for (const each of landed) this.#enter(each);
    if (this.#lanes.size >= this.#options.maxWaiting) this.#behind = true;
    this.#arrivedMeanwhile = true;
    if (this.#behind) this.catchUp();
  }

  /** Reads the table again from where memory ends: at the start, and after a transaction of which nobody knows whether it was committed. */
  catchUp(): void {
    this.#behind = true;
    if (this.#closed || this.#catchingUp || this.#lanes.size > this.#options.maxWaiting / 2) return;
    this.#catchingUp = this.#load().finally(() => {
      this.#catchingUp = undefined;
      if (this.#behind && this.#lanes.size <= this.#options.maxWaiting / 2) this.catchUp();
    });
  }

  /** Takes over what other instances left behind. */
  async sweep(): Promise<void> {
    const { db, instance, now } = this.#options;
    for (const each of await loadLeftBehind(db, instance, now() - LEFT_BEHIND_MS, CHUNK)) {
      if (this.#closed) return;
      this.#enter(each);
    }
  }

  /** Resolves when every message that was durable when asked has ended. */
  async settled(): Promise<void> {
    for (;;) {
      await this.#catchingUp;
      await this.#lanes.settled();
      if (this.#closed || (!this.#behind && !this.#catchingUp)) return;
      this.catchUp();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#lanes.stop();
    await this.#catchingUp;
  }

  /**
   * Acknowledging goes before processing, which can wait in the table: while messages come in, few are processed at a time, so that a
   * sender waits behind a short transaction. The more wait, the more are let through, lest they wait forever.
   */
  #maxRunning(): number {
    const { minRunning, maxRunning, receiving } = this.#options;
    if (!receiving()) return maxRunning;
    return Math.min(maxRunning, minRunning + Math.floor(this.#lanes.size / WAITING_PER_RUNNING));
  }

  async #load(): Promise<void> {
    while (this.#behind && !this.#closed && this.#lanes.size < this.#options.maxWaiting) {
      this.#arrivedMeanwhile = false;
      const chunk = await this.#next();
      if (this.#closed) return;
      for (const each of chunk) this.#enter(each);
      if (chunk.length < CHUNK && !this.#arrivedMeanwhile) this.#behind = false;
    }
  }

  async #next(): Promise<Waiting[]> {
    while (!this.#closed) {
      try {
        return await loadWaiting(this.#options.db, this.#lastArrival, CHUNK);
      } catch (error) {
        this.#options.logger.error({ code: codeOf(error) }, 'waiting messages not read');
        await pause(RETRY_MS, undefined, { ref: false });
      }
    }
    return [];
  }

  #enter(waiting: Waiting): void {
    if (waiting.arrival > this.#lastArrival) this.#lastArrival = waiting.arrival;
    if (this.#ids.has(waiting.id)) return;
    this.#ids.add(waiting.id);
    this.#lanes.add({
      keys: this.#kin.lanes(waiting.lanes),
      run: async () => {
        await this.#options.run(waiting.id);
        this.#ids.delete(waiting.id);
        if (this.#behind) this.catchUp();
      },
    });
  }
}
