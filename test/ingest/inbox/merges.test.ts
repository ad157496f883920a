// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMessage } from '../../../src/ingest/hl7/message.ts';
import { planUnits } from '../../../src/ingest/inbox/plan.ts';
import { normalizer as normalizerOf } from '../../../src/normalize/convert.ts';
import { loadMappings } from '../../../src/normalize/load.ts';
import { compileProgram } from '../../../src/normalize/program.ts';
import { PureStore } from './pure-store.ts';

const files = await loadMappings(new URL('../../../mappings/', import.meta.url));
const openWith = (choices: Readonly<Record<string, string>>) =>
  normalizerOf(
    compileProgram({ ...files, choices: { ...files.choices, ...choices } }, { zone: 'Z' }),
    Buffer.from('merges'),
  );
const normalizer = openWith({ 'unlink-undoes-merges': 'yes' });
const byDefault = openWith({});

/** A message of the n-th minute. */
function told(event: string, minute: number, ...segments: readonly string[]) {
  return normalizer.convert(written(event, minute, ...segments));
}

function written(event: string, minute: number, ...segments: readonly string[]) {
  const at = `2026030108${String(minute).padStart(2, '0')}00`;
  const header = `MSH|^~\\&|ADT|HARBOUR|MOORING|HOSP|${at}||ADT^${event}|${event}-${minute}|P|2.5.1`;
  return readMessage([header, `EVN|${event}|${at}`, ...segments, ''].join('\r'));
}

const pid = (id: string, name = `Name^${id}`) => `PID|1||${id}^^^HARBOUR^MR||${name}||19700101|F`;
const mrg = (id: string) => `MRG|${id}^^^HARBOUR^MR`;
const pv1 = (visit: string) => `PV1|1|I|||||||||||||||||${visit}^^^HARBOUR^VN`;
const visitOf = (id: string, minute: number) => told('A01', minute, pid(id), pv1(`V-${id}`));
const idOf = (id: string) =>
  told('A28', 0, pid(id)).entries.find(({ resource }) => resource.resourceType === 'Patient')!.resource.id!;

interface Shown {
  readonly active?: boolean;
  readonly link?: readonly { readonly other: { readonly reference: string }; readonly type: string }[];
  readonly identifier?: readonly { readonly value: string; readonly use?: string }[];
  readonly name?: readonly { readonly given: readonly string[] }[];
}

async function store(...conversions: readonly ReturnType<typeof told>[]) {
  const made = new PureStore();
  for (const each of conversions) await made.tell(each);
  return {
    made,
    patient: async (id: string) => (await made.read('Patient', idOf(id)))!.resource as Shown,
    /** Whose visits there are. */
    subjects: () =>
      made
        .all()
        .filter(({ type }) => type === 'Encounter')
        .map(({ resource }) => (resource['subject'] as { reference: string }).reference),
  };
}

const values = ({ identifier = [] }: Shown) => identifier.map(({ value }) => value).sort();
const to = (id: string) => `Patient/${idOf(id)}`;

test('several merges in one message are all done', async () => {
  const both = told('A40', 5, pid('B'), mrg('A'), pid('D'), mrg('C'));
  const { patient, subjects } = await store(visitOf('A', 1), visitOf('C', 2), both, both);
  for (const [prior, survivor] of [
    ['A', 'B'],
    ['C', 'D'],
  ] as const) {
    assert.equal((await patient(prior)).active, false);
    assert.deepEqual(
      (await patient(prior)).link?.map(({ other }) => other.reference),
      [to(survivor)],
    );
    assert.deepEqual(values(await patient(survivor)), [prior, survivor].sort());
  }
  assert.deepEqual(subjects(), [to('B'), to('D')]);
});

test('merges that follow on each other in one message end with the last', async () => {
  const chain = told('A40', 5, pid('B'), mrg('A'), pid('C'), mrg('B'));
  const { patient, subjects } = await store(visitOf('A', 1), visitOf('B', 2), chain);
  assert.deepEqual(values(await patient('C')), ['A', 'B', 'C']);
  for (const prior of ['A', 'B']) assert.equal((await patient(prior)).active, false);
  assert.deepEqual(subjects(), [to('C'), to('C')]);
});

test('a merge that comes late merges all the same, and overwrites nothing newer', async () => {
  const renamed = told('A08', 9, pid('B', 'Newer^Name'), pv1('V-B'));
  const merge = told('A40', 5, pid('B', 'Older^Name'), mrg('A'));
  const inOrder = await store(visitOf('A', 1), visitOf('B', 2), merge, renamed);
  const late = await store(visitOf('A', 1), visitOf('B', 2), renamed, merge);
  assert.deepEqual((await late.patient('B')).name?.[0]?.given, ['Name']);
  assert.deepEqual(values(await late.patient('B')), ['A', 'B']);
  assert.deepEqual(late.made.content(), inOrder.made.content());
});

test('after a merge, what is recorded later of the records that moved is newer, and what was before is not', async () => {
  const merge = told('A40', 5, pid('B'), mrg('A'));
  const { made } = await store(visitOf('A', 1), merge);
  await made.tell(told('A03', 9, pid('A'), pv1('V-A')));
  await made.tell(told('A11', 3, pid('A'), pv1('V-A')));
  const [visit] = made.all().filter(({ type }) => type === 'Encounter');
  assert.equal(visit?.resource['status'], 'finished');
});

test('what was recorded about the prior patient before the merge says nothing of the survivor, also when it comes after', async () => {
  const late = told('A08', 4, `${pid('A', 'Prior^Name')}|||9 Quay^^Port`, pv1('V-A'));
  const merge = told('A40', 5, pid('B'), mrg('A'));
  const { made, patient, subjects } = await store(visitOf('A', 1), visitOf('B', 2), merge);
  const before = await patient('B');
  await made.tell(late);
  assert.deepEqual(await patient('B'), before);
  assert.deepEqual(subjects(), [to('B'), to('B')]);
});

test('a link to a third patient leaves a merge as it is', async () => {
  const merge = told('A40', 2, pid('A'), mrg('C'));
  const { patient } = await store(merge, told('A24', 3, pid('A'), pid('B')));
  assert.deepEqual((await patient('A')).link?.map(({ type }) => type).sort(), ['replaces', 'seealso']);
});

test('who keeps consents is told of a merge before anything of it is stored', async () => {
  const { made } = await store(visitOf('A', 1));
  const merge = told('A40', 5, pid('B'), mrg('A'));
  const order: string[] = [];
  const origin = { inboxId: 'i', participant: 'hospital', at: 0 };
  const onMerge = async (prior: string, survivor: string) => {
    order.push(`${prior} ${survivor}`);
  };
  for await (const unit of planUnits(merge, made, origin, onMerge)) {
    order.push('unit');
    await made.commit(unit);
  }
  assert.deepEqual(order, [`${idOf('A')} ${idOf('B')}`, 'unit']);
});

test('two records that are unlinked after a merge are two again; the records stay where they are', async () => {
  const merge = told('A40', 5, pid('B'), mrg('A'));
  const unlink = told('A37', 6, pid('B'), pid('A'));
  const { made, patient, subjects } = await store(visitOf('A', 1), visitOf('B', 2), merge, unlink, unlink);
  assert.equal((await patient('A')).active, true);
  for (const id of ['A', 'B']) {
    assert.equal((await patient(id)).link, undefined);
    assert.deepEqual(values(await patient(id)), [id]);
  }
  assert.deepEqual(subjects(), [to('B'), to('B')]);
  await made.tell(told('A08', 8, pid('A', 'Own^Again')));
  assert.deepEqual((await patient('A')).name?.[0]?.given, ['Again']);
  assert.deepEqual((await patient('B')).name?.[0]?.given, ['B']);
});

test('two records that were linked and are unlinked no longer point at each other, whatever the site chooses', async () => {
  const unlink = byDefault.convert(written('A37', 3, pid('A'), pid('B')));
  const { patient } = await store(told('A24', 1, pid('A'), pid('B')), unlink, unlink);
  for (const id of ['A', 'B']) {
    assert.equal((await patient(id)).link, undefined);
    assert.deepEqual(values(await patient(id)), [id]);
  }
});

test('an unlink of two records that were merged leaves them one, unless the site chooses otherwise', async () => {
  const unlink = byDefault.convert(written('A37', 6, pid('B'), pid('A')));
  const { patient, subjects } = await store(
    visitOf('A', 1),
    visitOf('B', 2),
    told('A40', 5, pid('B'), mrg('A')),
    unlink,
    unlink,
  );
  assert.equal((await patient('A')).active, false);
  assert.deepEqual(
    (await patient('A')).link?.map(({ type }) => type),
    ['replaced-by'],
  );
  assert.deepEqual(values(await patient('B')), ['A', 'B']);
  assert.deepEqual(subjects(), [to('B'), to('B')]);
});

test('an unlink that was recorded before the merge undoes nothing', async () => {
  const unlink = told('A37', 3, pid('B'), pid('A'));
  const { patient } = await store(visitOf('A', 1), told('A40', 5, pid('B'), mrg('A')), unlink);
  assert.equal((await patient('A')).active, false);
  assert.deepEqual(
    (await patient('A')).link?.map(({ other }) => other.reference),
    [to('B')],
  );
  assert.deepEqual(values(await patient('B')), ['A', 'B']);
});

test('an unlink lets the links to others be', async () => {
  const { patient } = await store(
    told('A24', 1, pid('A'), pid('B')),
    told('A40', 2, pid('A'), mrg('C')),
    told('A37', 3, pid('A'), pid('B')),
  );
  assert.deepEqual(
    (await patient('A')).link?.map(({ other }) => other.reference),
    [to('C')],
  );
  assert.equal((await patient('B')).link, undefined);
});
