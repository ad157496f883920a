// SPDX-License-Identifier: Apache-2.0
import { type Kysely, sql } from 'kysely';

/** What a channel's ledger is known again by: hashes, in hexadecimal, of its first block and of the newest that was looked at. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create table known_ledger (
    channel text primary key,
    first_hash text not null,
    number bigint not null,
    hash text not null
  )`.execute(db);
}
