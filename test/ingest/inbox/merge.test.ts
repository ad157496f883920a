// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Inbox } from '../../../src/ingest/inbox.ts';
import { openStore } from '../../../src/store/sql/store.ts';
import type { Store } from '../../../src/store/store.ts';
import { type Bench, bench, code, idOf, message, type Sketch, VIA } from './support.ts';

interface Scene {
  readonly inbox: Inbox;
  readonly store: Store;
  tell(sketch: Sketch): Promise<void>;
  patient(value: string): Promise<Record<string, unknown>>;
  subjectOf(value: string): Promise<unknown>;
}

const STORES: Record<string, (desk: Bench) => Promise<Store & { close?(): Promise<void> }>> = {
  'in memory': async ({ store }) => store,
  'in the database': ({ db, keyring, now }) => openStore({ db, keyring, now }),
};

for (const [where, openStoreOf] of Object.entries(STORES)) {
  describe(`merges, with the store ${where}`, () => merges(openStoreOf));
}

function merges(openStoreOf: (typeof STORES)[string]): void {
  async function scene(t: Parameters<typeof bench>[0]): Promise<Scene> {
    const desk = await bench(t);
    const store = await openStoreOf(desk);
    t.after(async () => store.close?.());
    const inbox = await desk.open({ store });
    let control = 0;
    return {
      inbox,
      store,
      async tell(sketch) {
        control += 1;
        assert.equal(code(await inbox.receive(message({ control: `M${control}`, ...sketch }), VIA)), 'AA');
        await inbox.settled();
        assert.deepEqual(await inbox.deadLetters.list(), []);
      },
      patient: async (value) => (await store.read('Patient', idOf(value)))!.resource,
      subjectOf: async (value) =>
        (await store.read('Observation', idOf(`${value}/718-7`)))!.resource['subject'],
    };
  }
  const result = (patient: string, value: string): Sketch => ({ type: 'ORU^R01', patient, value });

  test('the survivor takes over identifiers and records, the prior points to it', async (t) => {
    const { tell, patient, subjectOf } = await scene(t);
    await tell(result('OLD', '13.1'));
    await tell({ patient: 'NEW' });
    await tell({ type: 'ADT^A40', patient: 'NEW', prior: 'OLD' });
    const prior = await patient('OLD');
    assert.equal(prior['active'], false);
    assert.equal(prior['identifier'], undefined);
    assert.deepEqual(prior['link'], [
      { other: { reference: `Patient/${idOf('NEW')}` }, type: 'replaced-by' },
    ]);
    const survivor = await patient('NEW');
    assert.deepEqual(survivor['link'], [
      { other: { reference: `Patient/${idOf('OLD')}` }, type: 'replaces' },
    ]);
    assert.deepEqual(survivor['identifier'], [
      { system: 'urn:id:HARBOUR', value: 'NEW' },
      { system: 'urn:id:HARBOUR', value: 'OLD', use: 'old' },
    ]);
    assert.deepEqual(await subjectOf('OLD'), { reference: `Patient/${idOf('NEW')}` });
  });

  test('a later message that names the prior identifier lands on the survivor, who keeps all identifiers', async (t) => {
    const { tell, patient, subjectOf } = await scene(t);
    await tell({ patient: 'OLD' });
    await tell({ type: 'ADT^A40', patient: 'NEW', prior: 'OLD' });
    await tell({ ...result('OLD', '12.0'), name: 'Late^Name' });
    assert.deepEqual(await subjectOf('OLD'), { reference: `Patient/${idOf('NEW')}` });
    const survivor = await patient('NEW');
    const values = (survivor['identifier'] as { value: string }[]).map(({ value }) => value);
    assert.deepEqual(values.sort(), ['NEW', 'OLD']);
    assert.deepEqual((survivor['name'] as { family: string }[])[0]?.family, 'Late');
    await tell({ patient: 'NEW' });
    assert.equal(((await patient('NEW'))['identifier'] as unknown[]).length, 2);
  });

  test('a merge that is told again changes nothing', async (t) => {
    const { tell, store } = await scene(t);
    await tell(result('OLD', '13.1'));
    for (let time = 0; time < 3; time += 1) await tell({ type: 'ADT^A40', patient: 'NEW', prior: 'OLD' });
    const versions = await Promise.all([
      store.read('Patient', idOf('NEW')),
      store.read('Patient', idOf('OLD')),
      store.read('Observation', idOf('OLD/718-7')),
    ]);
    assert.deepEqual(
      versions.map((stored) => stored?.version),
      [1, 2, 2],
    );
  });

  test('merges follow each other: the last survivor has all', async (t) => {
    const { tell, patient, subjectOf } = await scene(t);
    await tell(result('A', '1'));
    await tell({ type: 'ADT^A40', patient: 'B', prior: 'A' });
    await tell({ type: 'ADT^A40', patient: 'C', prior: 'B' });
    await tell(result('A', '2'));
    assert.deepEqual(await subjectOf('A'), { reference: `Patient/${idOf('C')}` });
    const values = ((await patient('C'))['identifier'] as { value: string }[]).map(({ value }) => value);
    assert.deepEqual(values.sort(), ['A', 'B', 'C']);
  });

  test('a merge of patients nobody has heard of makes both, so that late messages find the survivor', async (t) => {
    const { tell, patient, subjectOf } = await scene(t);
    await tell({ type: 'ADT^A40', patient: 'NEW', prior: 'OLD' });
    assert.equal((await patient('OLD'))['active'], false);
    await tell(result('OLD', '5'));
    assert.deepEqual(await subjectOf('OLD'), { reference: `Patient/${idOf('NEW')}` });
  });

  test('a patient with more records than one unit holds is moved whole', async (t) => {
    const { tell, store } = await scene(t);
    await tell({ patient: 'OLD' });
    const observation = (n: number) => ({
      resourceType: 'Observation',
      id: `many-${n}`,
      status: 'final',
      code: { text: 'x' },
      subject: { reference: `Patient/${idOf('OLD')}` },
    });
    const changes = Array.from(
      { length: 450 },
      (_, n) => ({ op: 'create', resource: observation(n) }) as const,
    );
    await store.commit({ changes });
    await tell({ type: 'ADT^A40', patient: 'NEW', prior: 'OLD' });
    for (const n of [0, 199, 200, 449]) {
      const moved = await store.read('Observation', `many-${n}`);
      assert.deepEqual(moved?.resource['subject'], { reference: `Patient/${idOf('NEW')}` });
    }
  });
}
