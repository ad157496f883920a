// SPDX-License-Identifier: Apache-2.0
import type { Ledger } from '../../src/ledger/ledger.ts';

/** A block as it reached a client of the peer; the time is in epoch milliseconds, with fractions. */
export interface Arrival {
  readonly number: bigint;
  readonly at: number;
  /** The size of the log's checkpoint in it, if it has one. */
  readonly size: number | undefined;
}

export interface BlockWatch {
  readonly arrivals: readonly Arrival[];
  stop(): Promise<void>;
}

/** Notes when each block arrives from now on, and what it says of a log. */
export async function watchBlocks(ledger: Ledger, origin: string): Promise<BlockWatch> {
  const arrivals: Arrival[] = [];
  const ending = new AbortController();
  const from = await ledger.height();
  const following = (async () => {
    for await (const { number, events } of ledger.follow(from, ending.signal)) {
      const sizes = events.flatMap(({ name, payload }) => {
        if (name !== 'CheckpointCommitted') return [];
        const told = JSON.parse(Buffer.from(payload).toString('utf8')) as { origin: string; size: string };
        return told.origin === origin ? [Number(told.size)] : [];
      });
      arrivals.push({ number, at: epochMs(), size: sizes.at(-1) });
    }
  })();
  return {
    arrivals,
    async stop() {
      ending.abort();
      await following;
    },
  };
}

/** `Date.now()` with fractions. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
