// SPDX-License-Identifier: Apache-2.0
import { type Kysely, sql } from 'kysely';

/** The embedded ledger's blocks and what follows from them, and the bridge's own list of whose pseudonym is whose. */
export async function up(db: Kysely<never>): Promise<void> {
  // `transactions`: JSON array of the transactions' canonical texts, the very bytes whose hashes are in the header.
  await sql`create table ledger_block (
    number bigint primary key,
    previous_hash bytea not null,
    data_hash bytea not null,
    hash bytea not null,
    signature bytea not null,
    transactions text not null
  )`.execute(db);
  await sql`create table ledger_transaction (
    id text primary key,
    block bigint not null,
    position integer not null
  )`.execute(db);
  // Keys are bytea: composite keys contain U+0000, which text can't hold, and bytes sort as Fabric sorts keys.
  await sql`create table ledger_state (key bytea primary key, value bytea not null, version text not null)`.execute(
    db,
  );
  await sql`create table ledger_state_history (
    key bytea not null,
    block bigint not null,
    position integer not null,
    transaction text not null,
    at bigint not null,
    value bytea,
    primary key (key, block, position)
  )`.execute(db);
  // Sealed with a key of the ledger's: private data are in clear nowhere.
  await sql`create table ledger_private (
    collection text not null,
    key bytea not null,
    value bytea not null,
    version text not null,
    primary key (collection, key)
  )`.execute(db);
  await sql`create table ledger_event (
    block bigint not null,
    position integer not null,
    transaction text not null,
    name text not null,
    payload bytea not null,
    primary key (block, position)
  )`.execute(db);
  await sql`create table consent_subject (pseudonym text primary key, patient text not null)`.execute(db);
}
