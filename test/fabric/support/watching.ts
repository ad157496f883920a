// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MS = 150;

/** One answer. Times are of `performance.now()`. */
export interface Seen {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly status: number;
  readonly body: string;
}

/** Somebody who asks the same again and again. */
export interface Watcher {
  readonly seen: readonly Seen[];
  /** The next answer, to a question asked from now on, that is as wished for. Throws with the last one after the limit. */
  until(wish: (seen: Seen) => boolean, limitMs: number): Promise<Seen>;
  /** Throws when no answer came at all. */
  stop(): Promise<void>;
}

export function watchUrl(url: string, token?: string): Watcher {
  const seen: Seen[] = [];
  let going = true;
  const asking = (async () => {
    while (going) {
      const askedAt = performance.now();
      const response = await fetch(url, token ? { headers: { authorization: `Bearer ${token}` } } : {});
      const body = await response.text();
      seen.push({ askedAt, answeredAt: performance.now(), status: response.status, body });
      await pause(EVERY_MS);
    }
  })();
  asking.catch(() => undefined);
  return {
    seen,
    async until(wish, limitMs) {
      const since = performance.now();
      for (;;) {
        const found = seen.find((each) => each.askedAt >= since && wish(each));
        if (found) return found;
        if (performance.now() - since > limitMs) {
          const last = seen.at(-1);
          throw new Error(`${url} did not answer so in ${limitMs} ms; last ${last?.status}: ${last?.body}`);
        }
        await pause(EVERY_MS / 3);
      }
    },
    async stop() {
      going = false;
      await asking;
    },
  };
}
