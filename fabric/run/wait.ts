// SPDX-License-Identifier: Apache-2.0
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Endpoint } from '../places.ts';

const EVERY_MS = 100;
const ANSWER_MS = 2_000;

/** Asks until the answer is something; `undefined` and errors mean not yet. Throws what `late` makes of the last problem. */
export async function until<T>(
  ask: () => Promise<T | undefined>,
  limitMs: number,
  late: (problem: string) => Promise<Error> | Error,
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    let problem = '';
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      if (error instanceof GaveUp) throw error;
      problem = (error as Error).message;
    }
    if (performance.now() > end) throw await late(problem);
    await sleep(EVERY_MS);
  }
}

/** There is nothing to wait for any more. */
export class GaveUp extends Error {
  override readonly name = 'GaveUp';
}

/** The text of a page at an operations endpoint; `undefined`: it doesn't answer, or not well. */
export function page({ host, port }: Endpoint, path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asking = request({ host, port, path, timeout: ANSWER_MS, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (more: string) => {
        text += more;
      });
      answer.on('end', () => resolve(answer.statusCode === 200 ? text : undefined));
      answer.on('error', () => resolve(undefined));
    });
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(undefined));
    asking.end();
  });
}

/** Somebody listens there. */
export function answers({ host, port }: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ANSWER_MS });
    const done = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.on('connect', () => done(true));
    socket.on('timeout', () => done(false));
    socket.on('error', () => done(false));
  });
}

/** The value of a metric of a channel in the text form of Prometheus. */
export function metric(text: string, name: string, channel: string): number | undefined {
  const line = text
    .split('\n')
    .find((each) => each.startsWith(`${name}{`) && each.includes(`channel="${channel}"`));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}
