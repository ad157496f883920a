// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matches } from '../../../src/fhir/search/index.ts';
import { all, type Bridges, byIdentifier, change, make, observation, patient, search } from './words.ts';

/** What a search finds. */
export function searching(at: Bridges): void {
  test('what is deleted is gone from searches, stays in the history and can come back', async () => {
    const { id } = await make(at.store, patient('delete'));
    assert.equal((await change(at.store, { op: 'delete', type: 'Patient', id })).outcome, 'deleted');
    assert.equal((await at.store.read('Patient', id))?.deleted, true);
    assert.deepEqual(await all(at.store.search(byIdentifier('delete'))), []);
    assert.equal((await change(at.store, { op: 'delete', type: 'Patient', id })).outcome, 'unchanged');
    await change(at.store, { op: 'update', resource: { ...patient('delete'), id } });
    assert.equal((await all(at.store.search(byIdentifier('delete')))).length, 1);
    assert.deepEqual(
      (await all(at.store.history('Patient', id))).map(({ deleted }) => deleted),
      [false, true, false],
    );
    await assert.rejects(change(at.store, { op: 'delete', type: 'Patient', id: 'nobody' }), { status: 404 });
  });

  test('a search finds by token, date and id, in order, page by page', async () => {
    const subject = await make(at.store, patient('pages'));
    for (let n = 0; n < 40; n++)
      await make(
        at.store,
        observation(`Patient/${subject.id}`, {
          effectiveDateTime: `2026-01-${String((n % 28) + 1).padStart(2, '0')}`,
        }),
      );
    const asked = { ...search('Observation', `subject=Patient/${subject.id}`) };
    for (const by of ['updated', 'period'] as const)
      for (const descending of [false, true]) {
        const sorted = { ...asked, sort: { by, descending } };
        const whole = await all(at.store.search(sorted));
        assert.equal(whole.length, 40);
        const keys = whole.map((one) =>
          by === 'updated' ? one.updated : String(one.resource['effectiveDateTime']),
        );
        assert.deepEqual(keys, descending ? [...keys].sort().reverse() : [...keys].sort());
        const rest = await all(at.store.search(sorted, whole[24]?.cursor));
        assert.deepEqual(
          rest.map(({ id }) => id),
          whole.slice(25).map(({ id }) => id),
        );
      }
    const count = async (query: string) =>
      (await all(at.store.search(search('Observation', `subject=Patient/${subject.id}&${query}`)))).length;
    assert.equal(await count('date=2026-01-03'), 2);
    assert.equal(await count('date=ge2026-01-28'), 1);
    assert.equal(await count('date=lt2026-01-03&code=http://loinc.org|718-7'), 4);
    assert.equal(await count('code:not=718-7'), 0);
    assert.equal(await count('status=final,amended'), 40);
    assert.equal(await count('_lastUpdated=gt2100-01-01'), 0);
    assert.equal(await count('_id=nobody'), 0);
    await assert.rejects(all(at.store.search(asked, 'rubbish')), { status: 400 });
  });

  test('a search finds exactly what reading every resource would find', async () => {
    const subject = await make(at.store, patient('oracle'));
    const times = [
      { effectiveDateTime: '2025' },
      { effectiveDateTime: '2025-06' },
      { effectiveDateTime: '2025-06-15' },
      { effectiveDateTime: '2025-06-15T12:00:00Z' },
      { effectiveDateTime: '2025-06-15T12:00:00.500+02:00' },
      { effectivePeriod: { start: '2025-06-01', end: '2025-06-15' } },
      { effectivePeriod: { start: '2025-06-15' } },
      { effectivePeriod: { end: '2025-06-15' } },
      {},
    ];
    for (const [n, time] of times.entries())
      await make(
        at.store,
        observation(`Patient/${subject.id}`, { ...time, status: n % 2 ? 'final' : 'amended' }),
      );
    const everything = await all(at.store.search(search('Observation', `subject=Patient/${subject.id}`)));
    assert.equal(everything.length, times.length);
    const comparisons = ['', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'];
    const values = ['2025', '2025-06', '2025-06-15', '2025-06-15T12:00:00Z', '2024', '2026-01-01'];
    for (const comparison of comparisons)
      for (const value of values)
        for (const more of ['', '&status=final', '&status:not=final']) {
          const query = `subject=Patient/${subject.id}&date=${comparison}${value}${more}`;
          const asked = search('Observation', query);
          const expected = everything.filter(({ resource }) => matches(resource, asked)).map(({ id }) => id);
          assert.deepEqual(
            (await all(at.store.search(asked))).map(({ id }) => id),
            expected,
            query,
          );
        }
  });

  test('a search limited to patients finds what is theirs and what is nobody’s', async () => {
    const [mine, theirs] = [await make(at.store, patient('mine')), await make(at.store, patient('theirs'))];
    const code = { coding: [{ system: 'urn:x', code: 'limited' }] };
    await make(at.store, observation(`Patient/${mine.id}`, { code }));
    await make(at.store, observation(`Patient/${theirs.id}`, { code }));
    await make(at.store, { resourceType: 'Observation', status: 'final', code });
    const asked = search('Observation', 'code=urn:x|limited');
    const subjects = (await all(at.store.search({ ...asked, patients: [mine.id] }))).map(
      ({ patient }) => patient,
    );
    assert.deepEqual(subjects.sort(), [mine.id, undefined]);
    assert.equal((await all(at.store.search(asked))).length, 3);
  });
}
