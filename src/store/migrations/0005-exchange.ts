// SPDX-License-Identifier: Apache-2.0
import { type Kysely, sql } from 'kysely';

/** Who may ask for tokens, and which of their assertions were already used. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create table client (
    id text primary key,
    participant text not null,
    name text not null,
    jwks text not null,
    scopes text not null,
    purposes text not null,
    active boolean not null,
    registered_at timestamptz not null
  )`.execute(db);
  // The key is what makes an assertion usable once, however many instances are asked at the same moment.
  await sql`create table client_assertion (
    client text not null,
    jti text not null,
    expires_at timestamptz not null,
    primary key (client, jti)
  )`.execute(db);
  await sql`create index client_assertion_expiry on client_assertion (expires_at)`.execute(db);
}
