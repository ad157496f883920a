// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from '../../src/store/sql/database.ts';

const TABLES = [
  'ledger_block',
  'ledger_transaction',
  'ledger_state',
  'ledger_state_history',
  'ledger_event',
  'ledger_private',
];

/** All that the ledger wrote, as whoever steals the database reads it: bytes, and what is base64 in texts and bytes, decoded as well. */
export async function readableOnLedger(db: Db): Promise<string> {
  const parts: string[] = [];
  for (const table of TABLES) {
    const { rows } = await sql<{
      text: string;
    }>`select row_to_json(t)::text as text from ${sql.table(table)} t`.execute(db);
    if (rows.length === 0) throw new Error(`${table} is empty: nothing would be found in it`);
    for (const { text } of rows) {
      const bytes = [...text.matchAll(/\\\\x([0-9a-f]+)/g)].map(([, hex]) =>
        Buffer.from(hex ?? '', 'hex').toString('latin1'),
      );
      const clear = [text, ...bytes].join('\n');
      const decoded = [...clear.matchAll(/[A-Za-z0-9+/]{12,}={0,2}/g)].map(([each]) =>
        Buffer.from(each, 'base64').toString('latin1'),
      );
      parts.push(clear, ...decoded);
    }
  }
  return parts.join('\n');
}
