// SPDX-License-Identifier: Apache-2.0
import type { Ledger } from '../../ledger/ledger.ts';
import { ConsentError } from '../consent.ts';
import type { Progress } from './progress.ts';

/** An answer doesn't count when all was begun anew while it was waited for, as another instance can have it. */
const TRIES = 3;

/** When it was last certain that nothing is missing here. */
export class Freshness {
  readonly #ledger: Ledger;
  readonly #progress: Progress;
  readonly #now: () => number;
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #height = 0n;
  #doubts = 0;
  #suspended = false;

  constructor(ledger: Ledger, progress: Progress, now: () => number) {
    this.#ledger = ledger;
    this.#progress = progress;
    this.#now = now;
  }

  ageMs(): number {
    return this.#now() - this.#confirmedAt;
  }

  /** Blocks that the ledger had when it was last asked or heard, and that are not taken in. */
  lag(): bigint {
    const lag = this.#height - this.#progress.next;
    return lag > 0n ? lag : 0n;
  }

  heard(blockNumber: bigint): void {
    if (blockNumber >= this.#height) this.#height = blockNumber + 1n;
  }

  /** Throws ConsentError('NOT_FRESH'). */
  async height(): Promise<bigint> {
    try {
      this.#height = await this.#ledger.height();
      return this.#height;
    } catch (cause) {
      throw new ConsentError('NOT_FRESH', 'the ledger can not be asked how far it is', { cause });
    }
  }

  /** Asks the ledger how far it is and waits until all of that is taken in. Throws ConsentError('NOT_FRESH'). */
  async confirm(): Promise<void> {
    for (let tries = 0; tries < TRIES && !this.#suspended; tries += 1) {
      const askedAt = this.#now();
      const doubts = this.#doubts;
      const height = await this.height();
      // Whoever lacks blocks that were taken in before can't vouch for anything.
      if (height < this.#progress.next && this.#doubts === doubts)
        throw new ConsentError('NOT_FRESH', `the ledger has ${height} of ${this.#progress.next} blocks`);
      await this.#progress.seen(height - 1n);
      if (this.#doubts !== doubts) continue;
      this.#confirmedAt = askedAt;
      return;
    }
    throw new ConsentError('NOT_FRESH', 'the projection is being rebuilt');
  }

  /** What is known begins anew: nothing that was certain before counts. */
  doubt(): void {
    this.#doubts += 1;
    this.#confirmedAt = Number.NEGATIVE_INFINITY;
  }

  /** Until `resume`, whoever asks is refused at once. */
  suspend(): void {
    this.doubt();
    this.#suspended = true;
  }

  resume(): void {
    this.#suspended = false;
  }
}
