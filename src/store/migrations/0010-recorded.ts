// SPDX-License-Identifier: Apache-2.0
import { type Kysely, sql } from 'kysely';

/**
 * When each fact of a current version was recorded by whoever told of it: names of elements and times, never content (`unit/recorded.ts`).
 * Absent: nothing is known of it, and whatever comes is newer.
 */
export async function up(db: Kysely<never>): Promise<void> {
  await sql`alter table version add column recorded text`.execute(db);
}
