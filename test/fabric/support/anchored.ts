// SPDX-License-Identifier: Apache-2.0
import type { Ledger } from '../../../src/ledger/ledger.ts';

/** A checkpoint as the contract told it. */
export interface Committed {
  readonly origin: string;
  readonly size: number;
  /** base64 */
  readonly root: string;
}

const READ_MS = 20_000;

/** Every checkpoint of a log that the channel has, in the order of its blocks, from the first block on. */
export async function checkpointsOf(ledger: Ledger, origin: string): Promise<Committed[]> {
  const height = await ledger.height();
  const found: Committed[] = [];
  let next = 0n;
  for await (const block of ledger.follow(0n, AbortSignal.timeout(READ_MS))) {
    if (block.number !== next) throw new Error(`block ${block.number} came in place of ${next}`);
    next += 1n;
    for (const { name, payload } of block.events) {
      if (name !== 'CheckpointCommitted') continue;
      const told = JSON.parse(Buffer.from(payload).toString('utf8')) as Record<string, string>;
      if (told['origin'] === origin) found.push({ origin, size: Number(told['size']), root: told['root']! });
    }
    if (next >= height) return found;
  }
  throw new Error(`only ${next} of ${height} blocks came in ${READ_MS} ms`);
}

/** The same, once there is one of this size or larger. */
export async function untilAnchored(ledger: Ledger, origin: string, size: number): Promise<Committed[]> {
  for (const late = performance.now() + READ_MS; ; ) {
    const found = await checkpointsOf(ledger, origin);
    const last = found.at(-1)?.size ?? 0;
    if (last >= size) return found;
    if (performance.now() > late) throw new Error(`the log is anchored up to ${last} of ${size}`);
  }
}
