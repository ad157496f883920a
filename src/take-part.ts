// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './operate/log.ts';

const RETRY_MS = 2_000;

/** Has the organization registered on its channels, and goes on trying while the ledger is away. */
export function takePart(
  register: () => Promise<void>,
  logger: Logger,
): { readonly done: Promise<void>; stop(): void } {
  const stopping = new AbortController();
  const trying = async () => {
    while (!stopping.signal.aborted) {
      try {
        return await register();
      } catch (error) {
        logger.warn({ code: (error as { code?: string }).code }, 'not registered on the ledger yet');
      }
      await delay(RETRY_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  };
  return { done: trying(), stop: () => stopping.abort() };
}
