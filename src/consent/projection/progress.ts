// SPDX-License-Identifier: Apache-2.0
import { ConsentError } from '../consent.ts';

/** How long a question may wait for the blocks that the ledger says there are. */
const CATCH_UP_MS = 5000;

/** How far a follower is, and who waits for it to be further. */
export class Progress {
  readonly #stop: AbortSignal;
  readonly #waiters = new Set<() => void>();
  #next = 0n;

  constructor(stop: AbortSignal) {
    this.#stop = stop;
  }

  /** Every block below has been taken in. */
  get next(): bigint {
    return this.#next;
  }

  moveTo(next: bigint): void {
    this.#next = next;
    for (const wake of [...this.#waiters]) wake();
  }

  /** Resolves when this block has been taken in. Throws ConsentError('NOT_FRESH') when it doesn't come in time. */
  async seen(blockNumber: bigint): Promise<void> {
    const deadline = AbortSignal.any([AbortSignal.timeout(CATCH_UP_MS), this.#stop]);
    while (this.#next <= blockNumber) {
      if (deadline.aborted)
        throw new ConsentError('NOT_FRESH', `the blocks up to ${blockNumber} did not arrive`);
      await this.moved(deadline);
    }
  }

  /** Resolves with the next move, or when the signal aborts. */
  moved(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiters.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiters.add(wake);
      signal.addEventListener('abort', wake, { once: true });
      if (signal.aborted) wake();
    });
  }
}
