// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import { LedgerError } from '../ledger.ts';
import { PATIENCE_MS } from './deadlines.ts';
import { classify, type Failure } from './errors.ts';
import { nextTry } from './retry.ts';

/** Does it until it works, or until the failure is not worth another try. Throws LedgerError. */
export async function repeat<T>(
  what: string,
  ownMspId: string,
  work: (chooseEndorsers: boolean) => Promise<T>,
): Promise<T> {
  const until = Date.now() + PATIENCE_MS;
  const tries = new Map<Failure['kind'], number>();
  let chooseEndorsers = false;
  for (;;) {
    try {
      return await work(chooseEndorsers);
    } catch (error) {
      const failure = classify(error, ownMspId);
      if (!failure) throw error;
      const before = tries.get(failure.kind) ?? 0;
      const next = nextTry(failure, Date.now() < until ? before : Number.POSITIVE_INFINITY, what);
      if (next instanceof LedgerError) throw next;
      tries.set(failure.kind, before + 1);
      chooseEndorsers = next.chooseEndorsers;
      await pause(next.afterMs);
    }
  }
}
