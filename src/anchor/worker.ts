// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../ledger/code-of.ts';
import type { Logger } from '../operate/log.ts';
import { type AnchorOptions, anchorNewest } from './anchor.ts';
import { AnchorError } from './errors.ts';

export interface AnchoringOptions extends AnchorOptions {
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** A checkpoint is anchored at least so often, when there is something new. */
  readonly intervalMs: number;
  /** Or when so many leaves wait. */
  readonly leaves: number;
  /** How long `anchored` waits. */
  readonly patienceMs?: number;
}

export interface AnchoringStatus {
  readonly size: number;
  readonly anchoredSize: number;
  /** Since the ledger was last known to have everything that was signed. */
  readonly ageMs: number;
  /** Code of what went wrong the last time; absent: nothing did. */
  readonly problem?: string;
}

export interface Anchoring {
  /** Resolves once the ledger has a checkpoint over at least so many leaves; hurries. Rejects with AnchorError TIMEOUT or CLOSED. */
  anchored(size: number): Promise<void>;
  /** For metrics and readiness. */
  status(): AnchoringStatus;
  /** How many transactions this worker has committed. */
  submitted(): number;
  /** Finishes what is under way. */
  close(): Promise<void>;
}

const PATIENCE_MS = 5_000;
const SHORTEST_LOOK_MS = 5;
const LONGEST_LOOK_MS = 250;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 30_000;

/** Keeps one channel up to date with the log, from now on and whatever happened before: what was anchored is asked, not remembered. */
export function startAnchoring(options: AnchoringOptions): Anchoring {
  const worker = new Worker(options);
  return {
    anchored: (size) => worker.anchored(size),
    status: () => worker.status(),
    submitted: () => worker.submitted,
    close: () => worker.close(),
  };
}

interface Waiter {
  readonly size: number;
  readonly resolve: () => void;
  readonly reject: (cause: AnchorError) => void;
}

class Worker {
  readonly #options: AnchoringOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  readonly #waiters = new Set<Waiter>();
  #hurry = new AbortController();
  #size = 0;
  #anchoredSize = 0;
  #submitted = 0;
  #completeAt: number;
  #failures = 0;
  #problem: string | undefined;

  constructor(options: AnchoringOptions) {
    this.#options = options;
    this.#completeAt = options.now();
    this.#running = this.#run();
  }

  async anchored(size: number): Promise<void> {
    if (size <= this.#anchoredSize) return;
    if (this.#closing.signal.aborted) throw closed();
    const waiting = new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        size,
        resolve: () => end(resolve),
        reject: (cause) => end(() => reject(cause)),
      };
      const patienceMs = this.#options.patienceMs ?? PATIENCE_MS;
      const timer = setTimeout(
        () =>
          waiter.reject(
            new AnchorError(
              'TIMEOUT',
              `leaf ${size - 1} was not anchored in ${patienceMs} ms${this.#problem ? `: ${this.#problem}` : ''}`,
            ),
          ),
        patienceMs,
      );
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        settle();
      };
      this.#waiters.add(waiter);
    });
    this.#hurry.abort();
    return waiting;
  }

  get submitted(): number {
    return this.#submitted;
  }

  status(): AnchoringStatus {
    return {
      size: this.#size,
      anchoredSize: this.#anchoredSize,
      ageMs: Math.max(0, this.#options.now() - this.#completeAt),
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    for (const waiter of this.#waiters) waiter.reject(closed());
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      this.#hurry = new AbortController();
      await this.#cycle();
      if (this.#failures > 0) await this.#pause(backoffMs(this.#failures), this.#closing.signal);
      else await this.#untilDue();
    }
  }

  async #cycle(): Promise<void> {
    const { log, channel, ledger, logger, now } = this.#options;
    try {
      const { size } = await log.integrate();
      this.#size = size;
      const anchored = await anchorNewest({ log, channel, ledger, now });
      this.#anchoredSize = anchored.size;
      if (anchored.submitted) {
        this.#submitted++;
        logger.info(
          { channel, size: anchored.size, transaction: anchored.transactionId },
          'checkpoint anchored',
        );
      }
      this.#completeAt = now();
      this.#failures = 0;
      this.#problem = undefined;
    } catch (cause) {
      this.#failed(cause);
    }
    for (const waiter of [...this.#waiters]) if (waiter.size <= this.#anchoredSize) waiter.resolve();
  }

  /** Nothing is lost by a failure: the next cycle begins from what the ledger then says. */
  #failed(cause: unknown): void {
    this.#failures++;
    this.#problem = codeOf(cause) ?? (cause instanceof Error ? cause.name : 'UNKNOWN');
    const { channel, logger } = this.#options;
    const line = { channel, code: this.#problem, failures: this.#failures };
    if (this.#problem === 'LEDGER_DISAGREES' || this.#problem === 'LOG_DAMAGED')
      logger.error(line, 'the log does not extend what was committed before; see "mooring ledger status"');
    else logger.warn(line, 'checkpoint not anchored yet');
  }

  /** Looks now and then whether enough leaves wait, until the interval is over or somebody waits. */
  async #untilDue(): Promise<void> {
    const { log, leaves, intervalMs } = this.#options;
    const lookMs = Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, intervalMs / 4));
    const due = AbortSignal.any([this.#closing.signal, this.#hurry.signal]);
    for (let waitedMs = 0; waitedMs < intervalMs && !due.aborted; waitedMs += lookMs) {
      await this.#pause(Math.min(lookMs, intervalMs - waitedMs), due);
      if (due.aborted) return;
      // Not what the tree lacks: another channel's worker may have taken it in already.
      const waiting = (await log.durable().catch(() => 0)) - this.#anchoredSize;
      if (waiting >= leaves) return;
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await delay(ms, undefined, { signal, ref: false }).catch(() => {});
  }
}

/** Doubles, with up to a quarter taken off at random, so that instances don't come back all at once. */
function backoffMs(failures: number): number {
  const longest = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 20));
  return longest * (0.75 + randomInt(250) / 1000);
}

function closed(): AnchorError {
  return new AnchorError('CLOSED', 'the anchoring worker is closed');
}
