// SPDX-License-Identifier: Apache-2.0

export interface Spread {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Rate extends Spread {
  readonly perSecond: number;
}

/** Runs `work(n)` from so many lanes at a time, for so long, after a warm-up that isn't counted. */
export async function measure(
  options: { lanes: number; warmMs: number; forMs: number },
  work: (n: number) => Promise<void>,
): Promise<Rate> {
  let n = 0;
  const lap = async (forMs: number) => {
    const tookMs: number[] = [];
    const end = performance.now() + forMs;
    const started = performance.now();
    await Promise.all(
      Array.from({ length: options.lanes }, async () => {
        while (performance.now() < end) {
          const from = performance.now();
          await work(n++);
          tookMs.push(performance.now() - from);
        }
      }),
    );
    return { tookMs, seconds: (performance.now() - started) / 1000 };
  };
  await lap(options.warmMs);
  const { tookMs, seconds } = await lap(options.forMs);
  return { perSecond: tookMs.length / seconds, ...spread(tookMs) };
}

/** The median and the slowest of a hundred. */
export function spread(tookMs: readonly number[]): Spread {
  const sorted = tookMs.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** The same for what doesn't wait: one thread, no promises. */
export function measureSync(forMs: number, work: (n: number) => void): number {
  for (let n = 0, end = performance.now() + forMs / 4; performance.now() < end; n++) work(n);
  let n = 0;
  const started = performance.now();
  while (performance.now() - started < forMs) work(n++);
  return n / ((performance.now() - started) / 1000);
}

export function print(what: string, rate: Rate): void {
  console.log(
    `${what.padEnd(46)} ${rate.perSecond.toFixed(0).padStart(7)}/s   p50 ${rate.p50Ms.toFixed(1)} ms  p99 ${rate.p99Ms.toFixed(1)} ms  (${rate.count})`,
  );
}

/** What happens at no rate of its own. */
export function printSpread(what: string, { p50Ms, p99Ms, count }: Spread): void {
  console.log(
    `${what.padEnd(46)} ${''.padStart(9)}   p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms  (${count})`,
  );
}

export function printRate(what: string, perSecond: number): void {
  console.log(`${what.padEnd(46)} ${perSecond.toFixed(0).padStart(7)}/s`);
}
