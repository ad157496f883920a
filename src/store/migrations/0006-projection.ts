// SPDX-License-Identifier: Apache-2.0
import { type Kysely, sql } from 'kysely';

/** What a bridge has taken over from each channel of the ledger, and which patients it knows under other organizations' pseudonyms. */
export async function up(db: Kysely<never>): Promise<void> {
  // Every block below `next` is in the tables below. `epoch` grows when somebody rebuilds, so that the other instances start anew as well.
  await sql`create table projection_position (
    channel text primary key,
    next bigint not null,
    epoch bigint not null
  )`.execute(db);
  await sql`create table projection_participant (
    channel text not null,
    id text not null,
    role text not null,
    msp text not null,
    status text not null,
    primary key (channel, id)
  )`.execute(db);
  // `consent` is the pseudonym. `terms` are sealed; null: not to be had yet.
  await sql`create table projection_consent (
    channel text not null,
    subject text not null,
    consent text not null,
    version integer not null,
    status text not null,
    terms bytea,
    primary key (channel, subject, consent)
  )`.execute(db);
  await sql`create table projection_checkpoint (
    channel text not null,
    origin text not null,
    size bigint not null,
    root text not null,
    transaction_id text not null,
    block bigint not null,
    at text not null,
    primary key (channel, origin, size)
  )`.execute(db);
  // `loaded`: the consents from before the patient was linked are in the projection, too.
  await sql`create table consent_link (
    channel text not null,
    subject text not null,
    patient text not null,
    loaded boolean not null,
    primary key (channel, subject)
  )`.execute(db);
}
