// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { FORMS, type Form } from './messages.ts';
import type { Turn } from './runner.ts';
import type { Taken } from './work.ts';

const TURN_MS = 100;
/** Until the engine has compiled what a feed runs through all day: some thousands of messages. */
const WARM_MS = 3_000;
const RUNNER = fileURLToPath(new URL('runner.ts', import.meta.url));

/** One subject with one form: processor seconds a message, one for each round. */
export interface Timed {
  readonly subject: number;
  readonly form: Form;
  readonly seconds: number[];
}

export interface Rounds {
  readonly timed: readonly Timed[];
  /** What the clock says went by for each second of processor time; much above 1, others were in the way. */
  readonly clockPerCpu: number;
}

/**
 * Each subject, in a process of its own, gets its turn with each form, and that so many times over; only one works at a time.
 * What else the machine does meanwhile hits all of them alike, and none sweeps up or deoptimizes after another.
 */
export async function measureInRounds(subjects: number, rounds: number): Promise<Rounds> {
  const runners = Array.from({ length: subjects }, (_, subject) => fork(RUNNER, [String(subject)]));
  const cells = FORMS.flatMap((form, index) =>
    runners.map((runner, subject) => ({ runner, index, timed: { subject, form, seconds: [] as number[] } })),
  );
  const sum = { cpuMs: 0, clockMs: 0 };
  try {
    for (const { runner, index } of cells) await take(runner, { form: index, forMs: WARM_MS });
    for (let round = 0; round < rounds; round++) {
      const first = Math.floor((cells.length * round) / rounds);
      for (const { runner, index, timed } of [...cells.slice(first), ...cells.slice(0, first)]) {
        const { messages, cpuMs, clockMs } = await take(runner, { form: index, forMs: TURN_MS });
        timed.seconds.push(cpuMs / 1000 / messages);
        sum.cpuMs += cpuMs;
        sum.clockMs += clockMs;
      }
    }
  } finally {
    for (const runner of runners) runner.kill();
  }
  return { timed: cells.map(({ timed }) => timed), clockPerCpu: sum.clockMs / sum.cpuMs };
}

async function take(runner: ChildProcess, turn: Turn): Promise<Taken> {
  const ended = new AbortController();
  try {
    const answer = once(runner, 'message', { signal: ended.signal });
    const gone = once(runner, 'exit', { signal: ended.signal }).then(([code]) => {
      throw new Error(`a runner ended with ${code}`);
    });
    runner.send(turn);
    const [taken] = (await Promise.race([answer, gone])) as [Taken];
    return taken;
  } finally {
    ended.abort();
  }
}
