// SPDX-License-Identifier: Apache-2.0
import type { Run } from './subjects.ts';

export interface Taken {
  readonly messages: number;
  /** Of all threads of the process: the collector's helpers are part of the price. */
  readonly cpuMs: number;
  readonly clockMs: number;
}

/** Runs through the messages, again and again, for so much processor time: less of that goes by while others are in the way. */
export function work(run: Run, messages: readonly Buffer[], batch: number, forMs: number): Taken {
  const [started, used] = [performance.now(), process.cpuUsage()];
  let done = 0;
  let cpuMs = 0;
  let made: unknown;
  do {
    for (let b = 0; b < batch; b++) made = run(messages[done++ % messages.length]!);
    const { user, system } = process.cpuUsage(used);
    cpuMs = (user + system) / 1000;
  } while (cpuMs < forMs);
  if (made === undefined) throw new Error('nothing is made of a message');
  return { messages: done, cpuMs, clockMs: performance.now() - started };
}
