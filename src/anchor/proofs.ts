// SPDX-License-Identifier: Apache-2.0
import type { Ledger } from '../ledger/ledger.ts';
import { type Db, sql } from '../store/sql/database.ts';
import type { Store, Stored } from '../store/store.ts';
import { toBase64 } from './base64.ts';
import {
  Postponed,
  type RecordName,
  Refuted,
  readContent,
  verifyCommitment,
  verifyLeaf,
  verifyLedger,
  verifyPlace,
  verifySignature,
} from './checks.ts';
import { AnchorError } from './errors.ts';
import { openVerifier } from './keys.ts';
import type { Checkpoint, Log } from './log.ts';
import { makeReceipt, type Receipt } from './receipt.ts';
import { printTlogProof } from './tlog-proof.ts';
import type { Check, CheckName } from './verify-receipt.ts';

export { parametersOf } from './parameters.ts';
export type { Receipt } from './receipt.ts';

/** What holds of one stored version, and what doesn't. */
export interface VerifyReport {
  readonly record: RecordName;
  /** `failed` as soon as one check does; `pending` while some can't be made. */
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
   * The receipt of a version, whole or of the elements with these names, with evidence from a channel, the home channel unless told.
   * Throws AnchorError('NOT_ANCHORED') as long as that channel has no checkpoint over it, and the store's error when the content can't be
   * read. `undefined`: there is no such version.
   */
  receipt(
    type: string,
    id: string,
    version?: number,
    shownNames?: readonly string[],
    channel?: string,
  ): Promise<Receipt | undefined>;
}

/** A channel that the log is anchored on. */
export interface ProofChannel {
  readonly name: string;
  readonly ledger: Pick<Ledger, 'evaluate' | 'evidence'>;
  /** Waits for the channel to have a tree of this size, within a bound; without it, what isn't anchored at once is pending. */
  readonly anchored?: (size: number) => Promise<void>;
}

export interface ProofsOptions {
  readonly log: Log;
  /** The home channel first: `verify` asks it. */
  readonly channels: readonly [ProofChannel, ...ProofChannel[]];
  readonly store: Pick<Store, 'read'>;
  /** The schema in which the store keeps its versions. */
  readonly db: Db;
}

/** Proves what is stored, or names what is wrong with it. */
export function openProofs({ log, channels, store, db }: ProofsOptions): Proofs {
  const [home] = channels;
  const verifier = openVerifier(log.verifierKey);
  return {
    async verify(type, id, version) {
      const row = await leafOf(db, type, id, version);
      if (!row) return undefined;
      const record = { type, id, version: row.version };
      const [leaf, leafIndex] = [row.leaf, Number(row.leaf_index)];
      const report = new Report();
      let stored: Stored | undefined;
      await report.check('content', async () => {
        stored = await readContent(store, record);
        return `${type}/${id}, version ${record.version}, as it was sealed`;
      });
      // Of content that can't be read nothing more can be said, and that has been said.
      if (stored) await report.check('commitment', () => verifyCommitment(stored as Stored, leaf));
      await report.check('leaf', () => verifyLeaf(type, leaf));
      const checkpoint = await checkpointOver(log, leafIndex, home);
      const over = <T>(verify: (checkpoint: Checkpoint) => T) => {
        if (!checkpoint) throw new Postponed(`leaf ${leafIndex} is under no signed checkpoint yet`);
        return verify(checkpoint);
      };
      await report.check('inclusion', () => over((it) => verifyPlace(log, leafIndex, leaf, it)));
      await report.check('checkpoint', () => over((it) => verifySignature(it, verifier)));
      await report.check('ledger', () => over((it) => verifyLedger(home.ledger, log.origin, it)));
      return { record, leafIndex, ...report.result(), ...(checkpoint ? summaryOf(log, checkpoint) : {}) };
    },

    async receipt(type, id, version, shownNames, channelName = home.name) {
      const stored = await store.read(type, id, version);
      if (!stored) return undefined;
      const channel = channels.find(({ name }) => name === channelName);
      if (!channel) throw new AnchorError('NOT_ANCHORED', 'the log is not anchored on such a channel');
      const checkpoint = await checkpointOver(log, stored.leafIndex, channel);
      if (!checkpoint?.anchored)
        throw new AnchorError(
          'NOT_ANCHORED',
          `channel ${channel.name} has no checkpoint over leaf ${stored.leafIndex} yet`,
        );
      const hashes = await log.inclusionProof(stored.leafIndex, checkpoint.size);
      const proof = printTlogProof({ index: BigInt(stored.leafIndex), hashes, checkpoint: checkpoint.note });
      const evidence = await channel.ledger.evidence(checkpoint.anchored.transactionId);
      return makeReceipt(stored, { proof, ledger: evidence }, shownNames);
    },
  };
}

/** The first checkpoint over the leaf that the channel has, if need be after waiting for it; else the first that was signed. */
async function checkpointOver(
  log: Log,
  leafIndex: number,
  { name, anchored }: ProofChannel,
): Promise<Checkpoint | undefined> {
  const size = leafIndex + 1;
  const first = await log.covering(size, name);
  if (first || !anchored) return first ?? log.covering(size);
  // However the wait ends: what is known then is what can be said.
  await anchored(size).catch(() => {});
  return (await log.covering(size, name)) ?? log.covering(size);
}

interface LeafRow {
  readonly version: number;
  readonly leaf_index: number;
  readonly leaf: Uint8Array;
}

/** Past the store: the leaf must be known also when the content can't be read. */
async function leafOf(db: Db, type: string, id: string, version?: number): Promise<LeafRow | undefined> {
  const which = version === undefined ? sql`current` : sql`version = ${version}`;
  const { rows } = await sql<LeafRow>`select version, leaf_index, leaf from version
    where type = ${type} and id = ${id} and ${which}`.execute(db);
  return rows[0];
}

function summaryOf(log: Log, { size, root, anchored }: Checkpoint): Pick<VerifyReport, 'checkpoint'> {
  const transaction = anchored ? { transactionId: anchored.transactionId } : {};
  return { checkpoint: { origin: log.origin, size, root: toBase64(root), ...transaction } };
}

/** Gathers what the checks find. */
class Report {
  readonly #checks: Check[] = [];
  readonly #pending: { name: CheckName; detail: string }[] = [];

  async check(name: CheckName, verify: () => string | Promise<string>): Promise<void> {
    try {
      this.#checks.push({ name, ok: true, detail: await verify() });
    } catch (cause) {
      if (cause instanceof Refuted) this.#checks.push({ name, ok: false, detail: cause.message });
      else if (cause instanceof Postponed) this.#pending.push({ name, detail: cause.message });
      else throw cause;
    }
  }

  result(): Pick<VerifyReport, 'status' | 'checks' | 'pending'> {
    const failed = this.#checks.some(({ ok }) => !ok);
    const status = failed ? 'failed' : this.#pending.length > 0 ? 'pending' : 'verified';
    return { status, checks: this.#checks, pending: this.#pending };
  }
}
