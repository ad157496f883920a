// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import type { Conversion, Normalizer } from '../../normalize/convert.ts';
import type { Logger } from '../../operate/log.ts';
import type { Keyring } from '../../store/keys/keyring.ts';
import type { Db } from '../../store/sql/database.ts';
import type { ChangeResult, Store } from '../../store/store.ts';
import { readFor } from '../read.ts';
import { codeOf, lastFailure, permanentFailure } from './failures.ts';
import { bury, openLetter, readLetter } from './letters.ts';
import { planUnits } from './plan.ts';
import type { Failure } from './table.ts';

export interface WorkerOptions {
  readonly db: Db;
  readonly keyring: Keyring;
  readonly store: Store;
  readonly normalizer: Normalizer;
  readonly participant: string;
  readonly now: () => number;
  readonly logger: Logger;
  /** Which of two messages is the newer one: by when what it says was recorded (`event`), or by when it came. */
  readonly order?: 'event' | 'arrival';
  readonly onMerge?: (prior: string, survivor: string) => Promise<void>;
  readonly maxAttempts: number;
  readonly retryMs: number;
  readonly maxRetryMs: number;
  /** Aborted when the inbox closes: what isn't done by then waits in the table. */
  readonly signal: AbortSignal;
}

export type Ending = 'processed' | 'dead' | 'waiting';

/**
 * Brings one message into the store, however often it takes: a failure that will pass is tried again with growing pauses, one that
 * won't makes the message a dead letter, so that its lane goes on. `conversion` spares the reading when it is still at hand.
 */
export async function processMessage(
  options: WorkerOptions,
  id: string,
  conversion?: Conversion,
): Promise<Ending> {
  for (let attempt = 1; !options.signal.aborted; attempt += 1) {
    try {
      return await attemptMessage(options, id, conversion);
    } catch (error) {
      const failure = attempt >= options.maxAttempts ? lastFailure(error) : permanentFailure(error);
      options.logger.warn(
        { inbox: id, attempt, code: codeOf(error), final: !!failure },
        'message not processed',
      );
      if (failure && (await buried(options, id, failure, attempt))) return 'dead';
      await rest(options, attempt);
    }
  }
  return 'waiting';
}

async function attemptMessage(options: WorkerOptions, id: string, known?: Conversion): Promise<Ending> {
  const conversion = known ?? (await convertAgain(options, id));
  if (!conversion) return (await readLetter(options.db, id))?.status === 'dead' ? 'dead' : 'processed';
  const { participant, store, order = 'event', onMerge } = options;
  const asOf = order === 'event' ? conversion.asOf : undefined;
  const origin = { inboxId: id, participant, at: options.now(), ...(asOf === undefined ? {} : { asOf }) };
  const results: ChangeResult[] = [];
  for await (const unit of planUnits(conversion, store, origin, onMerge))
    results.push(...(await store.commit(unit)).results);
  const late = results.filter((result) => result.late);
  if (late.length > 0) {
    const changed = results.some(({ outcome }) => outcome !== 'unchanged');
    options.logger.info({ inbox: id, late: late.length, changed }, 'message is late: newer facts stay');
  }
  return 'processed';
}

/** The conversion of a message that is read back from the table; none when the message has ended meanwhile. */
async function convertAgain(options: WorkerOptions, id: string): Promise<Conversion | undefined> {
  if ((await readLetter(options.db, id))?.status !== 'received') return undefined;
  const opened = await openLetter(options.db, options.keyring, id);
  return opened && options.normalizer.convert(readFor(options.normalizer, opened.bytes).message);
}

/** Without the database not even a dead letter can be written: then the message goes on waiting. */
async function buried(
  options: WorkerOptions,
  id: string,
  failure: Failure,
  attempts: number,
): Promise<boolean> {
  try {
    await bury(options.db, id, failure, attempts, options.now());
    return true;
  } catch (error) {
    options.logger.error({ inbox: id, code: codeOf(error) }, 'dead letter not written');
    return false;
  }
}

async function rest({ retryMs, maxRetryMs, signal }: WorkerOptions, attempt: number): Promise<void> {
  const ms = Math.min(maxRetryMs, retryMs * 2 ** Math.min(attempt - 1, 20));
  await pause(ms, undefined, { signal }).catch(() => undefined);
}
