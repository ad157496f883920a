// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from '../../../src/store/sql/database.ts';
import { type Bridges, make, patient } from './words.ts';

/** What the database tells whoever has it, and what whoever changes it achieves. */
export function secrecy(at: Bridges): void {
  test('a changed byte in the database is found out', async () => {
    const { id } = await make(at.store, patient('tampered'));
    await sql`update version set content = set_byte(content, 40, get_byte(content, 40) # 1) where id = ${id}`.execute(
      at.db,
    );
    await assert.rejects(at.store.read('Patient', id), { code: 'CONTENT_DAMAGED' });
  });

  test('a version put in another’s place is found out', async () => {
    const [one, two] = [await make(at.store, patient('swap-1')), await make(at.store, patient('swap-2'))];
    await sql`update version v set content = w.content, content_key = w.content_key, patient = w.patient from version w
      where v.id = ${one.id} and w.id = ${two.id}`.execute(at.db);
    await assert.rejects(at.store.read('Patient', one.id), { code: 'CONTENT_DAMAGED' });
  });

  test('nothing of the content is in the database in clear', async () => {
    await make(
      at.store,
      patient('SECRETNUMBER', { name: [{ family: 'Secretname' }], birthDate: '1971-02-03' }),
    );
    const { rows } = await sql<{ row: string }>`select v::text as row from version v`.execute(at.db);
    const everything = rows
      .map(({ row }) => row + Buffer.from(row.replaceAll('\\x', ''), 'hex').toString('latin1'))
      .join();
    for (const secret of ['SECRETNUMBER', 'Secretname', 'secretname', '1971-02-03']) {
      assert.ok(!everything.includes(secret));
      assert.ok(!everything.includes(Buffer.from(secret).toString('hex')));
    }
  });
}
