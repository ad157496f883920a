// SPDX-License-Identifier: Apache-2.0
import { hashLeaf, MerkleError, verifyInclusion } from '@mooring/chaincode/merkle';
import { canonicalize } from '../fhir/canonical.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type Db, sql } from '../store/sql/database.ts';
import type { Store, Stored } from '../store/store.ts';
import { toBase64 } from './base64.ts';
import { openCheckpoint } from './checkpoint.ts';
import { commitResource, leafKindOf, readLeaf } from './commitment.ts';
import { AnchorError } from './errors.ts';
import { openVerifier } from './keys.ts';
import { ledgerCheckpoint } from './ledger-checkpoints.ts';
import type { Checkpoint, Log } from './log.ts';
import { makeReceipt, type Receipt } from './receipt.ts';
import { printTlogProof } from './tlog-proof.ts';
import type { Check, CheckName } from './verify-receipt.ts';

export { parametersOf } from './parameters.ts';
export type { Receipt } from './receipt.ts';

/** What holds of one stored version, and what doesn't. */
export interface VerifyReport {
  readonly record: { readonly type: string; readonly id: string; readonly version: number };
  /** `failed` as soon as one check does; `pending` when some can't be made yet. */
  readonly status: 'verified' | 'pending' | 'failed';
  readonly checks: readonly Check[];
  /** What can't be said yet, and why. */
  readonly pending: readonly { readonly name: CheckName; readonly detail: string }[];
  readonly leafIndex: number;
  readonly checkpoint?: {
    readonly origin: string;
    readonly size: number;
    /** base64 */
    readonly root: string;
    readonly transactionId?: string;
  };
}

export interface Proofs {
  /** Do the stored version, its commitment, its leaf, the signed checkpoint and the ledger agree? `undefined`: there is no such version. */
  verify(type: string, id: string, version?: number): Promise<VerifyReport | undefined>;
  /**
   * The receipt of a version, whole or of the elements with these names. Throws AnchorError('NOT_ANCHORED') as long as the ledger has
   * no checkpoint over it, and the store's error when the content can't be read. `undefined`: there is no such version.
   */
  receipt(type: string, id: string, version?: number, shownNames?: readonly string[]): Promise<Receipt | undefined>;
}

export interface ProofsOptions {
  readonly log: Log;
  readonly ledger: Pick<Ledger, 'evaluate' | 'evidence'>;
  readonly store: Pick<Store, 'read'>;
  /** The schema in which the store keeps its versions. */
  readonly db: Db;
  /** Waits for the ledger to have a tree of this size, within the worker's bound; without it, what isn't anchored yet is pending. */
  readonly anchored?: (size: number) => Promise<void>;
}

interface LeafRow {
  readonly version: number;
  readonly leaf_index: number;
  readonly leaf: Uint8Array;
}

export function openProofs(options: ProofsOptions): Proofs {
  const { log, ledger, store, db } = options;
  const verifiers = [openVerifier(log.verifierKey)];

  /** The first checkpoint over the leaf that the ledger has, if need be after waiting for it; else the first that was signed. */
  async function checkpointOver(leafIndex: number): Promise<Checkpoint | undefined> {
    const size = leafIndex + 1;
    const anchored = await log.covering(size, { anchored: true });
    if (anchored) return anchored;
    // However the wait ends, what is known then is what the report says.
    await options.anchored?.(size).catch(() => {});
    return (await log.covering(size, { anchored: true })) ?? log.covering(size, { anchored: false });
  }

  return {
    async verify(type, id, version) {
      const row = await leafOf(db, type, id, version);
      if (!row) return undefined;
      const record = { type, id, version: row.version };
      const leafIndex = Number(row.leaf_index);
      const report = new Report();
      const stored = await report.check('content', () => readContent(store, record));
      await report.check('commitment', () => verifyCommitment(stored, row.leaf));
      await report.check('leaf', () => verifyLeaf(type, row.leaf));
      const checkpoint = await checkpointOver(leafIndex);
      if (!checkpoint) {
        for (const name of ['inclusion', 'checkpoint', 'ledger'] as const)
          report.postpone(name, `leaf ${leafIndex} is in no signed checkpoint yet`);
      } else {
        await report.check('inclusion', () => verifyPlace(log, leafIndex, row.leaf, checkpoint));
        await report.check('checkpoint', () => verifySignature(checkpoint, verifiers));
        if (checkpoint.anchored) await report.check('ledger', () => verifyLedger(ledger, log.origin, checkpoint));
        else report.postpone('ledger', `checkpoint ${checkpoint.size} is not on the ledger yet`);
      }
      return { record, leafIndex, ...report.result(), ...(checkpoint ? summary(log.origin, checkpoint) : {}) };
    },

    async receipt(type, id, version, shownNames) {
      const stored = await store.read(type, id, version);
      if (!stored) return undefined;
      const checkpoint = await checkpointOver(stored.leafIndex);
      if (!checkpoint?.anchored)
        throw new AnchorError('NOT_ANCHORED', `the ledger has no checkpoint over leaf ${stored.leafIndex} yet`);
      const [hashes, evidence] = await Promise.all([
        log.inclusionProof(stored.leafIndex, checkpoint.size),
        ledger.evidence(checkpoint.anchored.transactionId),
      ]);
      const proof = printTlogProof({ index: BigInt(stored.leafIndex), hashes, checkpoint: checkpoint.note });
      return makeReceipt(stored, { proof, ledger: evidence }, shownNames);
    },
  };
}
