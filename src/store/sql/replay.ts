// SPDX-License-Identifier: Apache-2.0
import { DatabaseError } from './errors.ts';
import type { JournalRecord } from './journal.ts';
import type { Pglite } from './pglite.ts';
import { schemaName } from './schema.ts';

/** Keeps, inside the database and in each transaction itself, which record of the journal it is: nothing is applied twice or left out. */
export const CREATE_POSITION = `create schema mooring_journal;
  create table mooring_journal.position (last bigint not null);
  insert into mooring_journal.position values (0)`;

export function markPosition(position: number): string {
  return `update mooring_journal.position set last = ${position}`;
}

// Many records share a transaction, for replaying them costs little more than their statements.
const RECORDS_PER_TRANSACTION = 200;

/** Applies the records that PGlite lacks, and answers the position it has then. */
export async function replay(pglite: Pglite, records: readonly JournalRecord[]): Promise<number> {
  const { rows } = await pglite.query<{ last: number }>('select last from mooring_journal.position');
  let position = Number(rows[0]?.last);
  const missing = records.filter((record) => record.position > position);
  for (let from = 0; from < missing.length; from += RECORDS_PER_TRANSACTION) {
    const some = missing.slice(from, from + RECORDS_PER_TRANSACTION);
    await pglite.exec('begin');
    for (const record of some) {
      if (record.position !== position + 1)
        throw new DatabaseError('JOURNAL_DAMAGED', `the journal lacks record ${position + 1}`);
      await apply(pglite, record);
      position = record.position;
    }
    await pglite.exec(`${markPosition(position)}; commit`);
  }
  await pglite.exec('set search_path to public');
  return position;
}

async function apply(pglite: Pglite, record: JournalRecord): Promise<void> {
  await pglite.exec(`set search_path to ${record.schema === '' ? 'public' : schemaName(record.schema)}`);
  for (const { text, params } of record.statements) await pglite.query(text, params as unknown[]);
}
