// SPDX-License-Identifier: Apache-2.0
import { type Kysely, sql } from 'kysely';

/** What became of each value of a message: an OperationOutcome, which names positions and never values. Absent: it was not converted. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table inbox add column report text`.execute(db);
}
