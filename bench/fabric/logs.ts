// SPDX-License-Identifier: Apache-2.0
import type { Ledger } from '../../src/ledger/ledger.ts';
import { checkpoint, unique } from '../../test/ledger/network.ts';

/** Anchors one leaf more of one of so many logs. A log has one writer, so no more than that may go on at once. */
export function growingLogs(ledger: Ledger, count: number): (n: number) => Promise<void> {
  const idle = Array.from({ length: count }, () => ({ origin: unique('bench.example'), leaves: ['first'] }));
  return async (n) => {
    const log = idle.pop();
    if (!log) throw new Error(`more than ${count} at once`);
    await checkpoint(ledger, log.origin, log.leaves, log.leaves.length - 1);
    log.leaves.push(`leaf ${n}`);
    idle.push(log);
  };
}
