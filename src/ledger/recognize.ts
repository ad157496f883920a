// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../operate/log.ts';
import type { Db } from '../store/sql/database.ts';
import type { LedgerChannel } from './channel.ts';
import { codeOf } from './code-of.ts';
import { advanceMark, type LedgerMark, readMark, replaceMark } from './known-ledgers.ts';
import { type Ledger, LedgerError } from './ledger.ts';

/** A channel that is used only as long as its ledger is the one that this database knows. */
export interface RecognizedChannel extends LedgerChannel {
  /**
   * From now on this ledger is the one that is meant. `forget` is called in between, when it is certain that the ledger answers, and
   * drops what is known from the one before. Throws LedgerError.
   */
  adopt(forget: () => Promise<void>): Promise<void>;
}

/** So many blocks later the mark is moved on. */
const BLOCKS_A_MARK = 10n;
const FOLLOW_AGAIN_MS = 2_000;

/**
 * What a bridge has taken over from a ledger, and what it anchored there, means nothing on another one that goes by the same name: a test
 * network made anew, a wrong folder of connections. So before anything is asked or said, at the start and whenever the ledger was away,
 * blocks that were seen before are looked at again. Otherwise all of `ledger` throws LedgerError: LEDGER_REPLACED when a block has another
 * hash, LEDGER_BEHIND when it isn't there any more; followers wait.
 */
export function recognizeChannel(channel: LedgerChannel, db: Db, logger: Logger): RecognizedChannel {
  const { id, ledger, explorer } = channel;
  let mark: LedgerMark | undefined;
  let isRecognized = false;
  let looking: Promise<void> | undefined;
  let problem: string | undefined;

  const hashOf = async (number: bigint) => (await explorer.block(number))?.hash;
  const markAt = async (number: bigint): Promise<LedgerMark | undefined> => {
    const [firstHash, hash] = [await hashOf(0n), await hashOf(number)];
    return firstHash === undefined || hash === undefined ? undefined : { firstHash, number, hash };
  };

  const look = async () => {
    const known = await readMark(db, id);
    const height = await ledger.height();
    if (known && (await hashOf(0n)) !== known.firstHash)
      throw new LedgerError('LEDGER_REPLACED', `channel ${channel.name} has another first block than before`);
    if (known && height <= known.number)
      throw new LedgerError(
        'LEDGER_BEHIND',
        `channel ${channel.name} has ${height} blocks; block ${known.number} was there before`,
      );
    if (known && (await hashOf(known.number)) !== known.hash)
      throw new LedgerError(
        'LEDGER_REPLACED',
        `channel ${channel.name} has another block ${known.number} than before`,
      );
    mark = known;
    isRecognized = true;
    if (!known || height > known.number + BLOCKS_A_MARK) await moveOn(height);
  };

  /** An empty channel has nothing to be known by. */
  const moveOn = async (height: bigint) => {
    const next = height === 0n ? undefined : await markAt(height - 1n);
    if (!next) return;
    await advanceMark(db, id, next);
    mark = next;
  };

  const recognize = async () => {
    if (isRecognized) return;
    looking ??= look().finally(() => {
      looking = undefined;
    });
    try {
      await looking;
      problem = undefined;
    } catch (error) {
      const code = codeOf(error) ?? 'UNKNOWN';
      const isOther = code === 'LEDGER_REPLACED' || code === 'LEDGER_BEHIND';
      if (isOther && code !== problem)
        logger.error(
          { channel: id, code },
          `${(error as Error).message}: nothing is asked of it, decided by it or anchored on it; see "mooring ledger status"`,
        );
      problem = code;
      throw error;
    }
  };

  /** Whoever was away may have come back as another. */
  const asking = async <T>(ask: () => Promise<T>): Promise<T> => {
    await recognize();
    try {
      return await ask();
    } catch (error) {
      if (error instanceof LedgerError && error.code === 'UNAVAILABLE') isRecognized = false;
      throw error;
    }
  };

  const recognized: Ledger = {
    submit: (transaction) => asking(() => ledger.submit(transaction)),
    evaluate: (transaction) => asking(() => ledger.evaluate(transaction)),
    evidence: (transactionId) => asking(() => ledger.evidence(transactionId)),
    async height() {
      const height = await asking(() => ledger.height());
      const isNearMark = mark && height > mark.number && height <= mark.number + BLOCKS_A_MARK;
      if (!isNearMark && height > 0n) isRecognized = false;
      await recognize();
      return height;
    },
    async *follow(from, signal) {
      let next = from;
      while (!signal.aborted) {
        try {
          await recognize();
          for await (const block of ledger.follow(next, signal)) {
            await recognize();
            yield block;
            next = block.number + 1n;
          }
          return;
        } catch (error) {
          if (signal.aborted) return;
          if (isRecognized) throw error;
        }
        await delay(FOLLOW_AGAIN_MS, undefined, { signal, ref: false }).catch(() => {});
      }
    },
  };

  return {
    ...channel,
    ledger: recognized,
    async adopt(forget) {
      const height = await ledger.height();
      const next = height === 0n ? undefined : await markAt(height - 1n);
      if (!next) throw new LedgerError('UNAVAILABLE', `channel ${channel.name} has no blocks yet`);
      await forget();
      await replaceMark(db, id, next);
      // Whoever is just looking may have read the mark before: its verdict is on that one.
      await looking?.catch(() => {});
      isRecognized = false;
      await recognize();
    },
  };
}
