// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { leafData } from '../../../src/anchor/commitment.ts';
import { MOORING_BASE, type Resource } from '../../../src/fhir/resource.ts';
import { type Db, sql } from '../../../src/store/sql/database.ts';
import type { Change, Store, Stored } from '../../../src/store/store.ts';
import { all, type Bridges, byIdentifier, change, make, patient } from './words.ts';

/** What is committed together, by whichever bridge. */
export function together(at: Bridges): void {
  test('many units at once see each other in order: versions are dense, and one is current', async () => {
    const id = randomUUID();
    const say = (n: number): Change => ({
      op: 'update',
      resource: { ...patient('many', { multipleBirthInteger: n }), id },
    });
    await Promise.all(Array.from({ length: 20 }, (_, n) => change(n % 2 ? at.store : at.other, say(n))));
    const versions = (await all(at.store.history('Patient', id))).map(({ version }) => version);
    assert.deepEqual(
      versions,
      Array.from({ length: 20 }, (_, n) => 20 - n),
    );
    const { rows } = await sql<{
      n: number;
    }>`select count(*) as n from version where id = ${id} and current`.execute(at.db);
    assert.equal(Number(rows[0]?.n), 1);
  });

  test('leaves are dense and in the order of commits, whoever writes', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => make(n % 2 ? at.store : at.other, patient(`leaf-${n}`))),
    );
    const { rows } = await sql<{ n: number; last: number; size: number }>`
      select count(*) as n, max(leaf_index) as last, (select size from log_size) as size from version`.execute(
      at.db,
    );
    const [row] = rows;
    assert.deepEqual([Number(row?.n), Number(row?.last) + 1], [Number(row?.size), Number(row?.size)]);
  });

  test('audit events are stored with what they are about, numbered without a gap for each patient', async () => {
    const about = await make(at.store, patient('audited'));
    const event = (recorded: string): Resource => ({ resourceType: 'AuditEvent', recorded });
    const read = (n: number, from: Store) =>
      from.commit({
        changes: [],
        audit: () => [
          { patient: about.id, event: event(`2026-03-01T10:00:${10 + n}Z`) },
          { event: event('2026-03-01T10:00:00Z') },
        ],
      });
    const committed = await Promise.all(
      Array.from({ length: 10 }, (_, n) => read(n, n % 2 ? at.store : at.other)),
    );
    const numbers = committed.map(({ audits }) => {
      const [mine, ours] = audits as [Stored, Stored];
      assert.deepEqual([mine.patient, ours.patient], [about.id, undefined]);
      assert.equal(mine.leaf[0], leafData('audit', new Uint8Array(32))[0]);
      const [extension] = mine.resource['extension'] as { url: string; valueInteger: number }[];
      assert.equal(extension?.url, `${MOORING_BASE}/StructureDefinition/audit-sequence`);
      return extension?.valueInteger;
    });
    assert.deepEqual(
      numbers.sort((a = 0, b = 0) => a - b),
      Array.from({ length: 10 }, (_, n) => n + 1),
    );
  });

  test('what a refused unit would have been audited with is not stored', async () => {
    const drafts = () => [{ patient: 'refused', event: { resourceType: 'AuditEvent' } }];
    const refused = at.store.commit({
      changes: [{ op: 'delete', type: 'Patient', id: 'nobody' }],
      audit: drafts,
    });
    await assert.rejects(refused, { status: 404 });
    const { audits } = await at.store.commit({ changes: [], audit: drafts });
    const [first] = audits as [Stored];
    const [extension] = first.resource['extension'] as { valueInteger: number }[];
    assert.equal(extension?.valueInteger, 1);
  });

  test('a message is settled in the transaction that stores what it led to, and only once', async () => {
    await inboxMessage(at.db, 'm1');
    const settle = (from: Store) =>
      from.commit({
        changes: [{ op: 'create', resource: patient('settled') }],
        settles: { inboxId: 'm1' },
      });
    const committed = await Promise.all([settle(at.store), settle(at.store), settle(at.other)]);
    assert.deepEqual(committed.map(({ results }) => results.length).sort(), [0, 0, 1]);
    assert.equal((await all(at.store.search(byIdentifier('settled')))).length, 1);
    assert.deepEqual(await statusOf(at.db, 'm1'), 'processed');
  });

  test('a message whose changes are refused is not settled', async () => {
    await inboxMessage(at.db, 'm2');
    const refused = at.store.commit({
      changes: [{ op: 'delete', type: 'Patient', id: 'nobody' }],
      settles: { inboxId: 'm2' },
    });
    await assert.rejects(refused, { status: 404 });
    assert.equal(await statusOf(at.db, 'm2'), 'received');
    await assert.rejects(at.store.commit({ changes: [], settles: { inboxId: 'nowhere' } }), {
      code: 'INBOX_UNKNOWN',
    });
  });

  test('a unit that the database refuses does not take the others with it', async () => {
    const bad = { ...patient('bad'), id: 'nul\u0000' };
    const outcomes = await Promise.allSettled([
      make(at.store, patient('good-1')),
      change(at.store, { op: 'update', resource: bad }),
      make(at.store, patient('good-2')),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });

  test('a store that was closed takes nothing more', async () => {
    const closing = await at.open();
    const last = make(closing, patient('last'));
    const closed = closing.close();
    await assert.rejects(make(closing, patient('late')), { code: 'CLOSED' });
    assert.equal((await last).version, 1);
    await closed;
  });
}

async function inboxMessage(db: Db, id: string): Promise<void> {
  await sql`create table if not exists inbox (id text primary key, status text, processed_at timestamptz)`.execute(
    db,
  );
  const { rows } = await sql<{ name: string; type: string }>`
    select column_name as name, data_type as type from information_schema.columns
    where table_schema = current_schema() and table_name = 'inbox' and is_nullable = 'NO'`.execute(db);
  const values: Record<string, unknown> = { id, status: 'received' };
  for (const { name: column, type } of rows) values[column] ??= sample(type, id);
  const columns = Object.keys(values);
  await sql`insert into inbox (${sql.join(columns.map((column) => sql.ref(column)))})
    values (${sql.join(Object.values(values))})`.execute(db);
}

async function statusOf(db: Db, id: string): Promise<string | undefined> {
  return (await sql<{ status: string }>`select status from inbox where id = ${id}`.execute(db)).rows[0]
    ?.status;
}

/** Something that a column of that type takes, for the inbox's own columns are none of the store's business. */
function sample(type: string, id: string): unknown {
  if (type === 'bytea') return Buffer.from(id);
  if (type === 'ARRAY') return '{}';
  if (type.startsWith('timestamp')) return '2026-03-01T10:00:00Z';
  return type === 'text' ? id : Number(id.replace(/\D/g, ''));
}
