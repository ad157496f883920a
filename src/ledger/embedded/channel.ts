// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from '../../store/sql/database.ts';
import type { LedgerExplorer } from '../explorer.ts';
import { type Ledger, LedgerError } from '../ledger.ts';
import { findBrokenBlock, readBlock, readHead } from './chain.ts';
import { followBlocks, openBell } from './events.ts';
import { type EmbeddedEvidence, makeEvidence } from './evidence.ts';
import { embeddedExplorer } from './explorer.ts';
import { deriveLedgerKeys } from './keys.ts';
import { Orderer } from './orderer.ts';
import { type Identity, propose } from './proposal.ts';
import { simulate } from './simulate.ts';
import { CommittedState } from './state.ts';

/** One channel in this process: the members' bridges share it, each under its own identity. */
export interface EmbeddedChannel {
  as(identity: Identity): Ledger;
  /** The same for all members: a block hides nothing from any of them. */
  readonly explorer: LedgerExplorer;
  /** Raw Ed25519; what block signatures are verified with. */
  readonly publicKey: Uint8Array;
  /** Walks all blocks; answers the first that was changed. */
  findBrokenBlock(): Promise<{ readonly number: bigint; readonly problem: string } | undefined>;
  /** Ends followers and resolves when what was accepted is committed. */
  close(): Promise<void>;
}

export interface EmbeddedChannelOptions {
  /** A schema of its own. One process at a time: blocks are made here and nowhere else. */
  readonly db: Db;
  readonly now: () => number;
  /** 32 bytes; another secret can't continue the chain. */
  readonly signingSecret: Uint8Array;
}

/** The contract of `chaincode/` run in this process, over signed and hash-chained blocks in the database. */
export async function openEmbeddedChannel(options: EmbeddedChannelOptions): Promise<EmbeddedChannel> {
  const { db, now } = options;
  const keys = deriveLedgerKeys(options.signingSecret);
  const state = new CommittedState(db, keys);
  const closing = new AbortController();
  const bell = openBell();
  const orderer = new Orderer(db, state, keys, await readHead(db, keys), bell.ring);
  return {
    publicKey: keys.publicKey,
    explorer: embeddedExplorer(db, () => orderer.height),
    as: (identity) => ({
      submit: async (transaction) => orderer.submit(propose(transaction, identity, now())),
      evaluate: async (transaction) => (await simulate(propose(transaction, identity, now()), state)).result,
      follow: (from, signal) => followBlocks(db, from, AbortSignal.any([signal, closing.signal]), bell),
      evidence: (transactionId) => evidenceOf(db, transactionId),
      height: async () => orderer.height,
    }),
    findBrokenBlock: () => findBrokenBlock(db, keys.publicKey),
    async close() {
      closing.abort();
      await orderer.close();
    },
  };
}

async function evidenceOf(db: Db, transactionId: string): Promise<EmbeddedEvidence> {
  const { rows } = await sql<{ block: string; position: number }>`
    select block, position from ledger_transaction where id = ${transactionId}
  `.execute(db);
  const [place] = rows;
  const block = place && (await readBlock(db, BigInt(place.block)));
  if (!block) throw new LedgerError('TRANSACTION_NOT_FOUND', `no transaction ${transactionId} on the ledger`);
  return makeEvidence(block, place.position);
}
