// SPDX-License-Identifier: Apache-2.0
import { StoreError } from '../errors.ts';
import { type Db, sql } from './database.ts';

/** Which of the messages are still to be settled. Their rows are locked, so that nobody else settles them before this transaction ends. */
export async function unsettled(db: Db, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: string; status: string }>`
    select id, status from inbox where id = any(${ids}::text[]) order by id for update`.execute(db);
  const known = new Set(rows.map(({ id }) => id));
  const unknown = ids.find((id) => !known.has(id));
  if (unknown !== undefined) throw new StoreError('INBOX_UNKNOWN', `the inbox has no message ${unknown}`);
  return new Set(rows.filter(({ status }) => status !== 'processed').map(({ id }) => id));
}

/** The messages are processed, in the very transaction that stores what they led to. */
export async function settle(db: Db, ids: readonly string[], at: string): Promise<void> {
  if (ids.length === 0) return;
  await sql`update inbox set status = 'processed', processed_at = ${at}::timestamptz
    where id = any(${ids}::text[]) and status <> 'processed'`.execute(db);
}
