// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { openEmbedded, sql } from '../../../src/store/sql/database.ts';

/**
 * What an operator could do to a bridge that is stopped: another past, of which the bridge, with the keys that it has, signs every
 * checkpoint anew.
 */
export async function rewriteLog(
  dataDir: string,
  how: 'a leaf is another' | 'a leaf is gone',
): Promise<void> {
  const database = await openEmbedded(join(dataDir, 'database'));
  try {
    const db = await database.schema('hospital');
    if (how === 'a leaf is another') {
      await sql`update version set leaf = set_byte(leaf, 9, get_byte(leaf, 9) # 1) where leaf_index = 2`.execute(
        db,
      );
    } else {
      await sql`delete from version where leaf_index = 2`.execute(db);
      // By way of below zero: no two may have one place in between.
      await sql`update version set leaf_index = -leaf_index where leaf_index > 2`.execute(db);
      await sql`update version set leaf_index = -leaf_index - 1 where leaf_index < 0`.execute(db);
      await sql`update log_size set size = size - 1`.execute(db);
    }
    for (const table of ['log_anchor', 'log_checkpoint', 'log_tile'])
      await sql`delete from ${sql.table(table)}`.execute(db);
    await sql`update log_integrated set size = 0`.execute(db);
  } finally {
    await database.close();
  }
}
