// SPDX-License-Identifier: Apache-2.0
import { MerkleError, verifyConsistency } from '@mooring/chaincode/merkle';
import { type Ledger, LedgerError } from '../ledger/ledger.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { AnchorError } from './errors.ts';
import { type LedgerCheckpoint, latestOnLedger, submitCheckpoint } from './ledger-checkpoints.ts';
import type { Checkpoint, Log } from './log.ts';

export interface AnchorOptions {
  readonly log: Log;
  /** Name of the channel. Each is anchored to on its own: what one has says nothing of another. */
  readonly channel: string;
  readonly ledger: Pick<Ledger, 'submit' | 'evaluate'>;
  readonly now: () => number;
}

export interface AnchorResult {
  /** The channel has a checkpoint of this size, and the log has noted so. */
  readonly size: number;
  readonly transactionId?: string;
  /** By this call: one transaction, however many leaves are new. */
  readonly submitted: boolean;
}

/** What another instance's success looks like to one that came second. */
const OTHERS_WERE_FIRST = new Set<string>(['CHECKPOINT_DUPLICATE', 'CHECKPOINT_SMALLER', 'MVCC_CONFLICT']);
const MAX_ROUNDS = 8;

/**
 * Brings the newest checkpoint to the channel, unless it is there. What its ledger has is asked first, so that nothing is submitted twice
 * however an earlier attempt ended. Throws AnchorError('LEDGER_DISAGREES') rather than submit what doesn't extend the ledger's checkpoint.
 */
export async function anchorNewest({ log, channel, ledger, now }: AnchorOptions): Promise<AnchorResult> {
  for (let round = 1; ; round++) {
    const found = await latestOnLedger(ledger, log.origin);
    if (found) await acknowledge(log, channel, found);
    const newest = await log.latest();
    if (newest.size === 0) return { size: 0, submitted: false };
    if (found && found.size >= newest.size) return { ...found, submitted: false };
    const proof = await proofBetween(log, found, newest);
    try {
      const { transactionId, blockNumber: block } = await submitCheckpoint(ledger, log.origin, newest, proof);
      await log.markAnchored(channel, newest.size, {
        transactionId,
        block,
        at: new Date(now()).toISOString(),
      });
      return { size: newest.size, transactionId, submitted: true };
    } catch (cause) {
      if (round === MAX_ROUNDS || !(cause instanceof LedgerError) || !OTHERS_WERE_FIRST.has(cause.code))
        throw cause;
    }
  }
}

/** Notes what the ledger has committed, be it that another instance submitted it, or that this one didn't live to hear of it. */
async function acknowledge(log: Log, channel: string, found: LedgerCheckpoint): Promise<void> {
  const ours = await log.checkpoint(found.size);
  if (!ours) {
    // An instance beside this one could not have submitted what is not in the database that they share.
    throw new AnchorError(
      'LEDGER_DISAGREES',
      `the ledger has a checkpoint of ${found.size} leaves that this log never signed`,
    );
  }
  if (toBase64(ours.root) !== found.root)
    throw new AnchorError('LEDGER_DISAGREES', `the ledger has another root for ${found.size} leaves`);
  if ((await log.anchoredSize(channel)) < found.size)
    await log.markAnchored(channel, found.size, { transactionId: found.transactionId, at: found.timestamp });
}

/** The contract will check it, too; here it tells a log that was changed from a ledger that refuses. */
async function proofBetween(
  log: Log,
  found: LedgerCheckpoint | undefined,
  newest: Checkpoint,
): Promise<Uint8Array[]> {
  if (!found || found.size === 0) return [];
  const proof = await log.consistencyProof(found.size, newest.size);
  const root = fromBase64(found.root, 32) ?? new Uint8Array(0);
  try {
    verifyConsistency(BigInt(found.size), root, BigInt(newest.size), newest.root, proof);
  } catch (cause) {
    if (!(cause instanceof MerkleError)) throw cause;
    throw new AnchorError(
      'LEDGER_DISAGREES',
      `the tree of ${newest.size} leaves does not extend that of ${found.size}`,
      {
        cause,
      },
    );
  }
  return proof;
}
