// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { commitResource, leafData } from '../../../src/anchor/commitment.ts';
import { canonicalize } from '../../../src/fhir/canonical.ts';
import { parseJson } from '../../../src/fhir/json.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import type { Stored } from '../../../src/store/store.ts';
import { all, type Bridges, byIdentifier, change, make, patient } from './words.ts';

/** What each change does to a resource. */
export function changing(at: Bridges): void {
  test('what is created can be read by anybody with the key, as it was committed to', async () => {
    const stored = await make(at.store, patient('read-1', { active: true }));
    assert.equal(stored.version, 1);
    assert.equal(stored.patient, stored.id);
    for (const from of [at.store, at.other]) {
      const read = (await from.read('Patient', stored.id)) as Stored;
      assert.deepEqual(read.resource, stored.resource);
      assert.equal(read.resource.meta?.versionId, '1');
      assert.equal(read.resource.meta?.lastUpdated, read.updated);
      assert.equal(canonicalize(read.resource), read.canonical);
      assert.deepEqual(
        Buffer.from(read.leaf),
        Buffer.from(leafData('resource', commitResource(read.resource, read.salt))),
      );
    }
    assert.equal(await at.store.read('Patient', 'nobody'), undefined);
    assert.equal(await at.store.read('Patient', stored.id, 2), undefined);
  });

  test('a decimal keeps the digits it was written with', async () => {
    const text = '{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.50}}';
    const stored = await make(at.store, parseJson(text) as Resource);
    assert.match(((await at.store.read('Observation', stored.id)) as Stored).canonical, /"value":1\.50/);
  });

  test('every version can be read, and the history is newest first', async () => {
    const { id } = await make(at.store, patient('history'));
    for (const active of [true, false])
      await change(at.store, { op: 'update', resource: { ...patient('history', { active }), id } });
    assert.deepEqual(
      (await all(at.store.history('Patient', id))).map(({ version, resource }) => [
        version,
        resource['active'],
      ]),
      [
        [3, false],
        [2, true],
        [1, undefined],
      ],
    );
    assert.equal((await at.store.read('Patient', id, 2))?.resource['active'], true);
    assert.equal((await at.store.read('Patient', id))?.version, 3);
  });

  test('saying the same again makes no new version', async () => {
    const { id } = await make(at.store, patient('same'));
    const result = await change(at.store, { op: 'update', resource: { ...patient('same'), id } });
    assert.deepEqual([result.outcome, result.stored.version], ['unchanged', 1]);
  });

  test('an update creates what is not there, under the name it was given', async () => {
    const id = randomUUID();
    assert.equal(
      (await change(at.store, { op: 'update', resource: { ...patient('put'), id } })).outcome,
      'created',
    );
    await assert.rejects(change(at.store, { op: 'update', resource: patient('put') }), { status: 400 });
  });

  test('an update of a version that is no longer current is refused and changes nothing', async () => {
    const { id } = await make(at.store, patient('match'));
    const active = (value: boolean) => ({ ...patient('match', { active: value }), id });
    assert.equal(
      (await change(at.store, { op: 'update', resource: active(true), ifMatch: 1 })).stored.version,
      2,
    );
    await assert.rejects(change(at.store, { op: 'update', resource: active(false), ifMatch: 1 }), {
      status: 412,
    });
    assert.equal((await at.store.read('Patient', id))?.resource['active'], true);
  });

  test('the same identifier conditionally created eight times at once gives one resource', async () => {
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        change(n % 2 ? at.store : at.other, {
          op: 'create',
          resource: patient('eight'),
          ifNoneExist: byIdentifier('eight'),
        }),
      ),
    );
    assert.deepEqual(results.map(({ outcome }) => outcome).sort(), [
      'created',
      ...Array(7).fill('unchanged'),
    ]);
    assert.equal(new Set(results.map(({ stored }) => stored.id)).size, 1);
    assert.equal((await all(at.store.search(byIdentifier('eight')))).length, 1);
  });

  test('a condition that finds several is refused, alone of all that was asked for at the same time', async () => {
    await make(at.store, patient('twice'));
    await make(at.store, patient('twice'));
    const outcomes = await Promise.allSettled([
      change(at.store, { op: 'create', resource: patient('beside-1') }),
      change(at.store, { op: 'create', resource: patient('twice'), ifNoneExist: byIdentifier('twice') }),
      change(at.store, { op: 'update', resource: patient('twice'), where: byIdentifier('twice') }),
      change(at.store, { op: 'create', resource: patient('beside-2') }),
    ]);
    assert.deepEqual(
      outcomes.map((one) => (one.status === 'fulfilled' ? one.value.outcome : one.reason.status)),
      ['created', 412, 412, 'created'],
    );
  });

  test('a conditional update creates, then updates the one it finds', async () => {
    const where = byIdentifier('where');
    const first = await change(at.store, { op: 'update', resource: patient('where'), where });
    const second = await change(at.store, {
      op: 'update',
      resource: patient('where', { active: true }),
      where,
    });
    assert.deepEqual([first.outcome, second.outcome], ['created', 'updated']);
    assert.equal(second.stored.id, first.stored.id);
    const foreign = { ...patient('where'), id: 'another' };
    await assert.rejects(change(at.store, { op: 'update', resource: foreign, where }), { status: 400 });
  });

  test('a unit is stored whole or not at all', async () => {
    const unit = at.store.commit({
      changes: [
        { op: 'create', resource: patient('atomic') },
        { op: 'delete', type: 'Patient', id: 'nobody' },
      ],
    });
    await assert.rejects(unit, { status: 404 });
    assert.deepEqual(await all(at.store.search(byIdentifier('atomic'))), []);
  });
}
