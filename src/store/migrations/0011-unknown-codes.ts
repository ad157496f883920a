// SPDX-License-Identifier: Apache-2.0
import { type Kysely, sql } from 'kysely';

/** Codes of senders that no mapping knows, counted: which code, of whom and where is sealed, and found again by a keyed token of the same. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create table unknown_code (
    token bytea primary key,
    sealed bytea not null,
    messages bigint not null,
    last_at timestamptz not null
  )`.execute(db);
}
