// SPDX-License-Identifier: Apache-2.0
import { type Kysely, sql } from 'kysely';

/** Which Patients were merged into which, by their ids: what was agreed to about one of them counts for all. `number` says what is new. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`create table merged_patient (
    number bigint not null unique,
    prior text not null,
    survivor text not null,
    primary key (prior, survivor)
  )`.execute(db);
}
