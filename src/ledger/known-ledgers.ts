// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from '../store/sql/database.ts';

/** What a ledger is known again by. Each block has the hash of the one before in it, so two hashes stand for all that lies between. */
export interface LedgerMark {
  /** Of the first block, in hexadecimal. */
  readonly firstHash: string;
  /** Number and hash of the newest block that was looked at. */
  readonly number: bigint;
  readonly hash: string;
}

export async function readMark(db: Db, channel: string): Promise<LedgerMark | undefined> {
  const { rows } = await sql<{ firstHash: string; number: string | number; hash: string }>`
    select first_hash as "firstHash", number, hash from known_ledger where channel = ${channel}`.execute(db);
  return rows.map((row) => ({ ...row, number: BigInt(row.number) }))[0];
}

/** Of the same ledger, as of a later block: of several instances that write, none takes the mark back. */
export async function advanceMark(
  db: Db,
  channel: string,
  { firstHash, number, hash }: LedgerMark,
): Promise<void> {
  await sql`insert into known_ledger as known values (${channel}, ${firstHash}, ${number}, ${hash})
    on conflict (channel) do update set number = excluded.number, hash = excluded.hash
    where known.first_hash = excluded.first_hash and known.number < excluded.number`.execute(db);
}

/** Of another ledger, instead of the one before. */
export async function replaceMark(
  db: Db,
  channel: string,
  { firstHash, number, hash }: LedgerMark,
): Promise<void> {
  await sql`insert into known_ledger values (${channel}, ${firstHash}, ${number}, ${hash})
    on conflict (channel) do update set first_hash = excluded.first_hash, number = excluded.number, hash = excluded.hash`.execute(
    db,
  );
}
