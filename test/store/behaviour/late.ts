// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { sql } from '../../../src/store/sql/database.ts';
import type { Change, Store, Stored } from '../../../src/store/store.ts';
import { type Bridges, change, patient } from './words.ts';

/** What comes of messages that come later than they should. */
export function late(at: Bridges): void {
  /** What a message says that was recorded then. */
  const says = (id: string, elements: object, asOf: number): Change => ({
    ...{ op: 'merge', removed: [], knownBy: [], asOf },
    resource: { ...patient(id, elements), id },
  });
  const mentions = (id: string, elements: object, mentionedAt: number): Change => ({
    ...{ op: 'create', mentionedAt },
    resource: { ...patient(id, elements), id },
  });
  const genderOf = async (store: Store, id: string) =>
    ((await store.read('Patient', id)) as Stored).resource['gender'];

  test('a late message changes nothing that is newer, whichever bridge it comes to', async () => {
    const id = randomUUID();
    await change(at.store, says(id, { gender: 'female' }, 20));
    const result = await change(at.other, says(id, { gender: 'male', birthDate: '1970' }, 10));
    assert.deepEqual([result.outcome, result.late], ['updated', true]);
    const { resource } = (await at.store.read('Patient', id)) as Stored;
    assert.deepEqual([resource['gender'], resource['birthDate']], ['female', '1970']);
    const again = await change(at.store, says(id, { gender: 'male' }, 10));
    assert.deepEqual([again.outcome, again.late], ['unchanged', true]);
  });

  test('what is said again makes no version, and is as new as it was said last', async () => {
    const id = randomUUID();
    await change(at.store, says(id, { gender: 'female' }, 10));
    const again = await change(at.store, says(id, { gender: 'female' }, 30));
    assert.deepEqual([again.outcome, again.stored.version], ['unchanged', 1]);
    await change(at.other, says(id, { gender: 'male' }, 20));
    assert.equal(await genderOf(at.store, id), 'female');
  });

  test('messages that are written together count as if each had come alone', async () => {
    const ids = Array.from({ length: 6 }, () => randomUUID());
    const told = ids.flatMap((id) => [
      says(id, { gender: 'female' }, 10),
      says(id, { gender: 'female' }, 30),
      says(id, { gender: 'male' }, 20),
      says(id, { gender: 'female', active: true }, 40),
      says(id, { gender: 'male', active: true }, 35),
    ]);
    await Promise.all(told.map((one) => at.store.commit({ changes: [one] })));
    for (const id of ids) assert.equal(await genderOf(at.other, id), 'female');
  });

  test('what somebody wrote or deleted over FHIR is newer than what was recorded before', async () => {
    const [written, deleted] = [randomUUID(), randomUUID()];
    const before = Date.parse('2026-01-01T00:00:00Z');
    for (const id of [written, deleted]) await change(at.store, says(id, { gender: 'female' }, before));
    const resource = { ...patient(written, { gender: 'other' }), id: written };
    await change(at.store, { op: 'update', resource });
    await change(at.store, { op: 'delete', type: 'Patient', id: deleted });
    for (const id of [written, deleted]) {
      const result = await change(at.store, says(id, { gender: 'male', active: true }, before + 1000));
      assert.deepEqual([result.outcome, result.late], ['unchanged', true]);
    }
    await change(at.store, says(written, { gender: 'male' }, Date.parse('2027-01-01T00:00:00Z')));
    assert.equal(await genderOf(at.store, written), 'male');
  });

  test('references that are rewritten leave the facts as old as they are', async () => {
    const id = randomUUID();
    await change(at.store, says(id, { gender: 'female' }, 10));
    const resource = { ...patient(id, { gender: 'female', active: true }), id };
    await change(at.store, { op: 'update', resource, sameFacts: true });
    await change(at.store, says(id, { gender: 'male' }, 20));
    assert.equal(await genderOf(at.store, id), 'male');
  });

  test('of several mentions the first that was recorded counts, until somebody says more', async () => {
    const id = randomUUID();
    const outcome = async (one: Change) => (await change(at.store, one)).outcome;
    assert.equal(await outcome(mentions(id, { gender: 'female', active: true }, 20)), 'created');
    assert.equal(await outcome(mentions(id, { gender: 'other' }, 30)), 'unchanged');
    assert.equal(await outcome(mentions(id, { gender: 'male', active: true }, 10)), 'updated');
    assert.equal(await outcome(says(id, { gender: 'unknown' }, 5)), 'updated');
    const { resource } = (await at.store.read('Patient', id)) as Stored;
    assert.deepEqual([resource['gender'], resource['active']], ['unknown', undefined]);
    assert.equal(await outcome(mentions(id, { gender: 'male' }, 1)), 'unchanged');
  });

  test('times are kept of current versions only, in the clear, and say nothing of anybody', async () => {
    const id = randomUUID();
    await change(at.store, says(id, { gender: 'female' }, 10));
    await change(at.store, says(id, { gender: 'male' }, 20));
    const { rows } = await sql<{ recorded: string | null }>`
      select recorded from version where id = ${id} order by version`.execute(at.db);
    assert.deepEqual(
      rows.map(({ recorded }) => recorded),
      [null, '{"identifier gender":20}'],
    );
  });
}
