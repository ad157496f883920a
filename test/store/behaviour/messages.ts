// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stored } from '../../../src/store/store.ts';
import {
  all,
  type Bridges,
  byIdentifier,
  change,
  known,
  make,
  observation,
  patient,
  SYSTEM,
} from './words.ts';

/** What comes of messages about what is known already. */
export function messages(at: Bridges): void {
  test('references within a unit, and conditional ones, become what the resources were called', async () => {
    await make(at.store, patient('referred'));
    const { results } = await at.store.commit({
      changes: [
        { op: 'create', resource: observation('urn:uuid:p'), fullUrl: 'urn:uuid:o' },
        { op: 'create', resource: patient('named'), fullUrl: 'urn:uuid:p' },
        { op: 'create', resource: observation(`Patient?identifier=${SYSTEM}|referred`) },
      ],
    });
    const [first, second, third] = results.map(({ stored }) => stored) as [Stored, Stored, Stored];
    assert.deepEqual(first.resource['subject'], { reference: `Patient/${second.id}` });
    assert.equal(first.patient, second.id);
    const [referred] = await all(at.store.search(byIdentifier('referred')));
    assert.deepEqual(third.resource['subject'], { reference: `Patient/${referred?.id}` });
    const dangling = observation(`Patient?identifier=${SYSTEM}|nobody`);
    await assert.rejects(make(at.store, dangling), { status: 412 });
  });

  test('a message about a patient known under another id lands on that patient, with all that refers to it', async () => {
    const existing = await make(
      at.store,
      patient('mrn', { active: true, gender: 'female', birthDate: '1970' }),
    );
    const { results } = await at.store.commit({
      changes: [
        {
          op: 'merge',
          resource: { ...patient('mrn', { gender: 'other' }), id: 'proposed-mrn' },
          removed: ['birthDate'],
          knownBy: known('mrn'),
        },
        { op: 'create', resource: observation('Patient/proposed-mrn') },
      ],
    });
    const [merged, about] = results.map(({ stored }) => stored) as [Stored, Stored];
    assert.deepEqual([merged.id, merged.version], [existing.id, 2]);
    const { active, gender, birthDate } = merged.resource as Record<string, unknown>;
    assert.deepEqual({ active, gender, birthDate }, { active: true, gender: 'other', birthDate: undefined });
    assert.equal(about.patient, existing.id);
    assert.equal(await at.store.read('Patient', 'proposed-mrn'), undefined);
  });

  test('a message sent again changes nothing', async () => {
    const send = () =>
      at.store.commit({
        changes: [
          {
            op: 'merge',
            resource: { ...patient('again'), id: 'p-again' },
            removed: ['gender'],
            knownBy: known('again'),
          },
          { op: 'create', resource: { ...observation('Patient/p-again'), id: 'o-again' } },
        ],
      });
    await send();
    assert.deepEqual(
      (await send()).results.map(({ outcome }) => outcome),
      ['unchanged', 'unchanged'],
    );
  });

  test('a message cannot take away the security labels that somebody set', async () => {
    const security = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }];
    const { id } = await make(at.store, patient('label', { meta: { security } }));
    const said = { ...patient('label', { meta: { source: 'urn:x' } }), id };
    await change(at.store, { op: 'merge', resource: said, removed: [], knownBy: [] });
    const { meta } = ((await at.store.read('Patient', id)) as Stored).resource;
    assert.deepEqual([meta?.security, meta?.source], [security, 'urn:x']);
  });

  test('a patient who was merged into another stands back for that one', async () => {
    const survivor = await make(at.store, patient('merged'));
    await make(
      at.store,
      patient('merged', {
        link: [{ other: { reference: `Patient/${survivor.id}` }, type: 'replaced-by' }],
      }),
    );
    const said = { ...patient('merged', { active: true }), id: 'p-merged' };
    const result = await change(at.store, {
      op: 'merge',
      resource: said,
      removed: [],
      knownBy: known('merged'),
    });
    assert.equal(result.stored.id, survivor.id);
  });
}
