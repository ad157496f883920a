// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { anchorNewest } from '../../src/anchor/anchor.ts';
import { openLog } from '../../src/anchor/log.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openEmbedded } from '../../src/store/sql/database.ts';
import { addLeaves } from '../../test/anchor/support.ts';
import { unique } from '../../test/ledger/network.ts';

/**
 * Records anchored a second by a bridge's own log that grows by so many between two checkpoints: taking the leaves into the tree, signing
 * and committing count, storing the records does not.
 */
export async function recordsAnchored(ledger: Ledger, leaves: number, forMs: number): Promise<number> {
  const server = await openEmbedded();
  try {
    const db = await server.schema('hospital');
    const log = await openLog({
      ...{ db, origin: unique('bench.example') },
      ...{ signingSecret: randomBytes(32), now: Date.now },
    });
    let [anchored, tookMs] = [0, 0];
    while (tookMs < forMs) {
      await addLeaves(db, leaves);
      const from = performance.now();
      await log.integrate();
      const { size } = await anchorNewest({ log, channel: 'exchange', ledger, now: Date.now });
      tookMs += performance.now() - from;
      anchored += leaves;
      if (size !== anchored) throw new Error(`expected ${anchored} leaves to be anchored, not ${size}`);
    }
    return (anchored / tookMs) * 1000;
  } finally {
    await server.close();
  }
}
