// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { connectMllp } from '../../../src/ingest/mllp-client.ts';
import { admission, code } from '../../network/messages.ts';

const EVERY_MS = 40;

/** Messages that go in one after the other, as a hospital's engine sends them, each about another patient. */
export interface Load {
  /** Numbers of those that were acknowledged so far. */
  readonly acknowledged: readonly number[];
  readonly slowestMs: number;
  /** Sends no more; throws when a message got anything but AA. */
  stop(): Promise<void>;
}

/** Begins with message `first`. */
export async function startLoad(mllpPort: number, first: number): Promise<Load> {
  const sender = await connectMllp({ host: '127.0.0.1', port: mllpPort });
  const acknowledged: number[] = [];
  let slowestMs = 0;
  let going = true;
  const sending = (async () => {
    for (let n = first; going; n += 1) {
      const since = performance.now();
      const answer = await sender.send(admission(n));
      slowestMs = Math.max(slowestMs, performance.now() - since);
      assert.equal(code(answer), 'AA', `message ${n}`);
      acknowledged.push(n);
      await pause(EVERY_MS);
    }
  })();
  // Whoever stops it hears of it.
  sending.catch(() => undefined);
  return {
    acknowledged,
    get slowestMs() {
      return slowestMs;
    },
    async stop() {
      going = false;
      await sending;
      await sender.close();
    },
  };
}
