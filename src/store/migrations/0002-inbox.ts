// SPDX-License-Identifier: Apache-2.0
import { type Kysely, sql } from 'kysely';

/**
 * HL7v2 messages as they came, sealed, from before their acknowledgment on. Senders, control ids and identifiers are here only
 * as keyed tokens; `unmapped` and `reason_*` name positions of the message, never its values.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create table inbox (
    id text primary key,
    arrival bigint not null unique,
    received_at timestamptz not null,
    transport text not null,
    instance text not null,
    sender bytea not null,
    control_id bytea not null,
    digest bytea not null,
    content bytea not null,
    content_key bytea not null,
    key_patient text,
    size_bytes integer not null,
    lanes bigint[] not null,
    answer bytea,
    answer_code text not null,
    application_answer text,
    unmapped text[] not null,
    status text not null check (status in ('received', 'processed', 'dead')),
    attempts integer not null,
    processed_at timestamptz,
    failed_at timestamptz,
    reason_code text,
    reason_location text,
    replays text references inbox (id),
    replayed_by text references inbox (id)
  )`.execute(db);
  // One message per sender and control id, whoever receives it; an operator's replay keeps the control id of its original.
  await sql`create unique index inbox_control on inbox (sender, control_id) where replays is null`.execute(
    db,
  );
  await sql`create index inbox_received on inbox (arrival) where status = 'received'`.execute(db);
  await sql`create index inbox_dead on inbox (arrival) where status = 'dead'`.execute(db);
  // A single row: the number of messages so far. Locked by whoever appends, so that arrivals are in the order of commits.
  await sql`create table inbox_size (size bigint not null)`.execute(db);
  await sql`insert into inbox_size values (0)`.execute(db);
}
