// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from '../../store/sql/database.ts';
import type { Agreement, ExploredBlock, ExploredTransaction, LedgerExplorer } from '../explorer.ts';
import { type BlockRow, readBlock } from './chain.ts';

/** There are no peers here: the process itself is the one that has blocks and signs them. */
const ITSELF = 'EmbeddedLedger';

export function embeddedExplorer(db: Db, height: () => bigint): LedgerExplorer {
  const block = async (number: bigint) => {
    const row = await readBlock(db, number);
    return row && explored(row);
  };
  return {
    height: async () => height(),
    block,
    async transaction(id) {
      const { rows } = await sql<{ block: string | number }>`
        select block from ledger_transaction where id = ${id}`.execute(db);
      const found = rows[0] && (await block(BigInt(rows[0].block)));
      return found?.transactions.find((each) => each.id === id);
    },
    async agreement(): Promise<Agreement> {
      const known = height();
      const newest = known === 0n ? undefined : await block(known - 1n);
      const view = { mspId: ITSELF, height: known };
      return newest
        ? {
            blockNumber: newest.number,
            agreed: true,
            peers: [{ ...view, blockHash: newest.hash }],
          }
        : { agreed: true, peers: [view] };
    },
  };
}

function explored({ number, hash, previousHash, dataHash, texts }: BlockRow): ExploredBlock {
  return {
    number,
    hash: hex(hash),
    previousHash: hex(previousHash),
    dataHash: hex(dataHash),
    signers: [{ mspId: ITSELF }],
    transactions: texts.map((text) => transactionOf(text, number)),
  };
}

interface TransactionText {
  readonly id: string;
  readonly at: number;
  readonly mspId: string;
  readonly creator: string;
  readonly contract: string;
  readonly name: string;
  readonly args: readonly string[];
  readonly event?: { readonly name: string; readonly payload: string };
}

/** What could not be committed never came into a block, so all that is in one is valid; nobody endorses it. */
function transactionOf(text: string, blockNumber: bigint): ExploredTransaction {
  const { id, at, mspId, creator, contract, name, args, event } = JSON.parse(text) as TransactionText;
  return {
    id,
    blockNumber,
    at: new Date(at).toISOString(),
    valid: true,
    validation: 'VALID',
    call: { contract, name, args },
    submitter: { mspId, name: creator },
    endorsers: [],
    events: event ? [{ name: event.name, payload: payloadOf(event.payload) }] : [],
  };
}

/** The contract's events are JSON. */
function payloadOf(base64: string): unknown {
  return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
