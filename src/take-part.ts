// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from './ledger/code-of.ts';
import type { Logger } from './operate/log.ts';

const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 10_000;

/** Has the organization registered on its channels, and goes on trying while the ledger is away. */
export function takePart(
  register: () => Promise<void>,
  logger: Logger,
): { readonly done: Promise<void>; stop(): void } {
  const stopping = new AbortController();
  const trying = async () => {
    for (
      let retryMs = FIRST_RETRY_MS;
      !stopping.signal.aborted;
      retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS)
    ) {
      try {
        return await register();
      } catch (error) {
        logger.warn({ code: codeOf(error) }, 'not registered on the ledger yet');
      }
      await delay(retryMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  };
  return { done: trying(), stop: () => stopping.abort() };
}
