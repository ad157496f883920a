// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, verify } from 'node:crypto';
import { type Db, sql } from '../../store/sql/database.ts';
import { LedgerError } from '../ledger.ts';
import { GENESIS_HASH, headerBytes, headerHash } from './header.ts';
import type { LedgerKeys } from './keys.ts';
import { leafHash, treeHash } from './tree.ts';

export interface Head {
  readonly number: bigint;
  readonly hash: Uint8Array;
}

export interface BlockRow {
  readonly number: bigint;
  readonly previousHash: Uint8Array;
  readonly dataHash: Uint8Array;
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
  readonly texts: readonly string[];
}

/** The last block, after its signature was checked: a chain of another secret's, or a changed one, is not continued. */
export async function readHead(db: Db, keys: LedgerKeys): Promise<Head> {
  const [last] = await readBlocks(db, sql`order by number desc limit 1`);
  if (!last) return { number: -1n, hash: GENESIS_HASH };
  const problem = problemOf(last, last.previousHash, keys.publicKey);
  if (problem) throw new LedgerError('UNAVAILABLE', `block ${last.number} of the embedded ledger ${problem}`);
  return { number: last.number, hash: last.hash };
}

/** Walks the whole chain; answers the first block that is not as it was written, or `undefined` when all are. */
export async function findBrokenBlock(
  db: Db,
  publicKey: Uint8Array,
): Promise<{ number: bigint; problem: string } | undefined> {
  let previous: Head = { number: -1n, hash: GENESIS_HASH };
  for (;;) {
    const blocks = await readBlocks(db, sql`where number > ${previous.number} order by number limit 100`);
    if (blocks.length === 0) return undefined;
    for (const block of blocks) {
      const problem =
        block.number === previous.number + 1n
          ? problemOf(block, previous.hash, publicKey)
          : 'has none before it';
      if (problem) return { number: block.number, problem };
      previous = block;
    }
  }
}

export async function readBlock(db: Db, number: bigint): Promise<BlockRow | undefined> {
  return (await readBlocks(db, sql`where number = ${number}`))[0];
}

function problemOf(block: BlockRow, previousHash: Uint8Array, publicKey: Uint8Array): string | undefined {
  if (!Buffer.from(block.previousHash).equals(previousHash)) return 'does not follow the one before it';
  if (!Buffer.from(treeHash(block.texts.map(leafHash))).equals(block.dataHash))
    return 'has changed transactions';
  if (!headerHash(block).equals(block.hash)) return 'has a changed header';
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, headerBytes(block), key, block.signature) ? undefined : 'is not signed by this ledger';
}

async function readBlocks(db: Db, which: ReturnType<typeof sql>): Promise<BlockRow[]> {
  const { rows } = await sql<{
    number: string | number | bigint;
    previous_hash: Uint8Array;
    data_hash: Uint8Array;
    hash: Uint8Array;
    signature: Uint8Array;
    transactions: string;
  }>`select number, previous_hash, data_hash, hash, signature, transactions from ledger_block ${which}`.execute(
    db,
  );
  return rows.map((row) => ({
    number: BigInt(row.number),
    previousHash: row.previous_hash,
    dataHash: row.data_hash,
    hash: row.hash,
    signature: row.signature,
    texts: JSON.parse(row.transactions) as string[],
  }));
}
