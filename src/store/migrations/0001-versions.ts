// SPDX-License-Identifier: Apache-2.0
import { type Kysely, sql } from 'kysely';

/** One row a resource version: what it is found by, its place in the log, its sealed content. Nothing else is written for a resource. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create table version (
    type text not null,
    id text not null,
    version integer not null,
    current boolean not null,
    deleted boolean not null,
    updated timestamptz not null,
    patient text,
    leaf_index bigint not null,
    leaf bytea not null,
    content bytea not null,
    content_key bytea not null,
    tokens bigint[] not null,
    period_start timestamptz,
    period_end timestamptz,
    primary key (type, id, version)
  )`.execute(db);
  await sql`create unique index version_leaf on version (leaf_index)`.execute(db);
  await sql`create unique index version_current on version (type, id) where current`.execute(db);
  // A resource has dozens of tokens. They go into the index some dozens of resources at a time, and until then every search reads through
  // them, so that heap is kept small.
  await sql`create index version_tokens on version using gin (tokens)
    with (fastupdate = on, gin_pending_list_limit = 64) where current and not deleted`.execute(db);
  await sql`create index version_updated on version (type, updated, id) where current and not deleted`.execute(
    db,
  );
  await sql`create index version_patient on version (patient) where current and not deleted`.execute(db);
  // A single row: the number of leaves. Locked by whoever appends, so that indexes are dense and in the order of commits.
  await sql`create table log_size (size bigint not null)`.execute(db);
  await sql`insert into log_size values (0)`.execute(db);
  await sql`create table subject_key (patient text primary key, wrapped bytea not null)`.execute(db);
  await sql`create table audit_sequence (patient text primary key, last bigint not null)`.execute(db);
}
