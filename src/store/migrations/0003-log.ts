// SPDX-License-Identifier: Apache-2.0
import { type Kysely, sql } from 'kysely';

/** The log over the leaves of `version`: hash tiles, the checkpoints that were signed, and how far the tree has been built. */
export async function up(db: Kysely<never>): Promise<void> {
  // 1 to 256 hashes of 32 bytes, as in C2SP tlog-tiles; the last one of each level grows in place.
  await sql`create table log_tile (
    level integer not null,
    index bigint not null,
    hashes bytea not null,
    primary key (level, index)
  )`.execute(db);
  // One a size, for ever: the primary key is what keeps a second root from being signed for it.
  await sql`create table log_checkpoint (
    size bigint primary key,
    root bytea not null,
    note text not null,
    created_at timestamptz not null,
    transaction_id text,
    block bigint,
    anchored_at timestamptz
  )`.execute(db);
  await sql`create index log_checkpoint_anchored on log_checkpoint (size) where anchored_at is not null`.execute(
    db,
  );
  // A single row: the size of the newest checkpoint. Locked by whoever extends the tree; writers of versions never wait for it.
  await sql`create table log_integrated (size bigint not null)`.execute(db);
  await sql`insert into log_integrated values (0)`.execute(db);
}
