// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Resource } from '../../../src/fhir/resource.ts';
import { readMessage } from '../../../src/ingest/hl7/message.ts';
import { type Conversion, normalizer as normalizerOf } from '../../../src/normalize/convert.ts';
import { loadMappings } from '../../../src/normalize/load.ts';
import { compileProgram } from '../../../src/normalize/program.ts';
import { openStore } from '../../../src/store/sql/store.ts';
import { PureStore } from './pure-store.ts';
import { bench, code, VIA } from './support.ts';

const MAPPINGS = new URL('../../../mappings/', import.meta.url);
const program = compileProgram(await loadMappings(MAPPINGS), { zone: 'Z' });
const normalizer = normalizerOf(program, Buffer.from('undo'));

/** An event of the n-th minute of a story: the message says so in EVN-2, and was sent long after all of them. */
function event(name: string, minute: number, ...segments: readonly string[]): string {
  const at = `2026030108${String(minute).padStart(2, '0')}00`;
  const header = `MSH|^~\\&|ADT|HARBOUR|MOORING|HOSP|20260302000000||ADT^${name}|${name}-${minute}|P|2.5.1`;
  return [header, `EVN|${name}|${at}`, ...segments, ''].join('\r');
}

const pid = (name: string, more = '') => `PID|1||P1^^^HARBOUR^MR||${name}||19700101|F|${more}`;
const PID = pid('Quillfeather^Marta');
/** A visit at a place; `more` are fields by number. */
function visit(place: string, more: Readonly<Record<number, string>> = {}): string {
  const fields = Array.from({ length: 46 }, () => '');
  Object.assign(
    fields,
    { 0: 'PV1', 1: '1', 2: 'I', 3: place, 19: 'V1^^^HARBOUR^VN', 44: '202603010800' },
    more,
  );
  return fields.join('|');
}
const WARD = 'WARD^1^A';
const SURGERY = 'SURG^2^B';
const DISCHARGE = { 36: '01', 37: 'HOME', 45: '202603010830' };

const admit = event('A01', 1, PID, visit(WARD));
const transfer = event('A02', 2, PID, visit(SURGERY, { 6: WARD }));
const cancelTransfer = event('A12', 3, PID, visit(WARD, { 6: SURGERY }));
const discharge = event('A03', 4, PID, visit(WARD, DISCHARGE));
const cancelDischarge = event('A13', 5, PID, visit(WARD));
const cancelAdmission = event('A11', 6, PID, visit(WARD));

const convert = (text: string) => normalizer.convert(readMessage(text));

async function after(told: readonly (string | Conversion)[]): Promise<PureStore> {
  const store = new PureStore();
  for (const each of told) await store.tell(typeof each === 'string' ? convert(each) : each);
  return store;
}

function only(store: PureStore, type: string): Resource & Record<string, unknown> {
  const found = store.all().filter((stored) => stored.type === type);
  assert.equal(found.length, 1, type);
  return found[0]!.resource;
}

const placesOf = (store: PureStore) => {
  const names = new Map(store.all().map(({ type, id, resource }) => [`${type}/${id}`, resource]));
  const places = (only(store, 'Encounter')['location'] ?? []) as { location: { reference: string } }[];
  return places.map(({ location }) => JSON.stringify(names.get(location.reference)?.['identifier']));
};

for (const [how, of] of Object.entries({
  'in order': (told: string[]) => told,
  'each twice': (told: string[]) => told.flatMap((each) => [each, each]),
  'in reversed order': (told: string[]) => [...told].reverse(),
})) {
  test(`a cancelled transfer brings the patient back, ${how}`, async () => {
    const store = await after(of([admit, transfer, cancelTransfer]));
    assert.equal(only(store, 'Encounter')['status'], 'in-progress');
    const places = placesOf(store);
    assert.equal(places.length, 1);
    assert.match(places[0]!, /"A"/);
  });

  test(`after a cancelled discharge the patient is there, and nothing of the discharge is left, ${how}`, async () => {
    const store = await after(of([admit, discharge, cancelDischarge]));
    const encounter = only(store, 'Encounter');
    assert.equal(encounter['status'], 'in-progress');
    assert.deepEqual(encounter['period'], { start: '2026-03-01T08:00:00Z' });
    const { dischargeDisposition, destination } = (encounter['hospitalization'] ?? {}) as Record<
      string,
      unknown
    >;
    assert.deepEqual([dischargeDisposition, destination], [undefined, undefined]);
    assert.deepEqual(
      (encounter['location'] as { status: string }[]).map(({ status }) => status),
      ['active'],
    );
  });

  test(`a cancelled admission cancels the visit, and nothing else of the patient, ${how}`, async () => {
    const store = await after(of([admit, cancelAdmission]));
    assert.equal(only(store, 'Encounter')['status'], 'cancelled');
    assert.equal((only(store, 'Patient')['name'] as { family: string }[])[0]?.family, 'Quillfeather');
  });
}

test('what undoes something unknown says what it says', async () => {
  const encounter = only(await after([cancelAdmission]), 'Encounter');
  assert.equal(encounter['status'], 'cancelled');
  assert.deepEqual(encounter['period'], { start: '2026-03-01T08:00:00Z' });
});

test('a pending transfer and a pending discharge that are cancelled leave neither place nor time behind', async () => {
  const pendingDischarge = event('A16', 2, PID, visit(WARD), 'PV2|||||||||20260310');
  const noDischarge = event('A25', 3, PID, visit(WARD), 'PV2|||||||||20260310');
  const pendingTransfer = event('A15', 4, PID, visit(WARD, { 42: SURGERY }));
  const noTransfer = event('A26', 5, PID, visit(WARD, { 42: SURGERY }), `PV2|${SURGERY}`);
  const told = [admit, pendingDischarge, noDischarge, pendingTransfer, noTransfer];
  assert.match(JSON.stringify((await after(told.slice(0, 2))).content()), /plannedEndDate/);
  assert.equal(placesOf(await after(told.slice(0, 4))).length, 2);
  for (const order of [told, [...told].reverse()]) {
    const store = await after(order);
    assert.doesNotMatch(JSON.stringify(only(store, 'Encounter')['extension'] ?? []), /plannedEndDate/);
    assert.equal(placesOf(store).length, 1);
  }
});

test('a message that says nothing of the status leaves it as it is', async () => {
  const silent = event('A08', 5, PID, visit(WARD, { 2: '' }));
  const encounter = only(await after([admit, discharge, silent]), 'Encounter');
  assert.equal(encounter['status'], 'finished');
  assert.equal(only(await after([silent, admit]), 'Encounter')['status'], 'in-progress');
});

const result = (minute: number, value: string, status: string) =>
  [
    `MSH|^~\\&|LAB|HARBOUR|MOORING|HOSP|202603010${800 + minute}00||ORU^R01|R-${minute}|P|2.5.1`,
    pid('Quillfeather^M', '|||||^PRN^PH^^^555^0100'),
    'PV1|1|I|LAB^9|||||||||||||||||V1^^^HARBOUR^VN',
    'OBR|1|O1^LAB|F1^LAB|24323-8^Panel^LN',
    `OBX|1|NM|718-7^Hb^LN||${value}|g/dL|||||${status}`,
    minute > 20 ? 'OBX|2|ST|600-7^Culture^LN||none||||||F' : 'OBX|2|ST|786-4^MCHC^LN||x||||||P',
    '',
  ].join('\r');

const story = [
  admit,
  transfer,
  cancelTransfer,
  discharge,
  cancelDischarge,
  event('A08', 7, pid('Quillfeather^Marta^Jo', '|||1 Quay^^Port'), visit(WARD, { 7: 'D1^Doctor^One' })),
  event('A31', 8, pid('Marlow^Marta', '|||""||')),
  event(
    'A08',
    9,
    pid('Marlow^Marta'),
    visit(SURGERY, { 7: 'D2^Doctor^Two', 10: 'SUR' }),
    'PV2|||||||||20260310',
  ),
  result(15, '13.1', 'P'),
  result(16, '13.4', 'F'),
  result(25, '13.5', 'C'),
].map(convert);

test('a story told in any order, and parts of it repeatedly, ends in the same store', async () => {
  const expected = (await after(story)).content();
  assert.match(JSON.stringify(expected), /13\.5/);
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(story, { minLength: story.length }),
      fc.array(fc.constantFrom(...story), { maxLength: 5 }),
      async (shuffled, again) => {
        assert.deepEqual((await after([...again, ...shuffled, ...again])).content(), expected);
      },
    ),
    { numRuns: 60 },
  );
});

test('through the inbox and the database: what comes late, or twice, changes nothing that is newer', async (t) => {
  const desk = await bench(t);
  const store = await openStore(desk);
  t.after(() => store.close());
  const inbox = await desk.open({ store, normalizer });
  const { entries } = convert(admit);
  const id = entries.find(({ resource }) => resource.resourceType === 'Encounter')!.resource.id!;
  const tell = async (text: string, control: string) => {
    const sent = text.replace(/\|A\d\d-\d+\|/, `|${control}|`);
    assert.equal(code(await inbox.receive(Buffer.from(sent), VIA)), 'AA');
    await inbox.settled();
    return (await store.read('Encounter', id))!;
  };
  await tell(admit, 'C1');
  const cancelled = await tell(cancelDischarge, 'C2');
  assert.deepEqual(cancelled.resource['period'], { start: '2026-03-01T08:00:00Z' });
  const late = await tell(discharge, 'C3');
  assert.deepEqual(late.resource['period'], { start: '2026-03-01T08:00:00Z' });
  assert.equal(late.resource['status'], 'in-progress');
  const { version } = late;
  assert.equal((await tell(cancelDischarge, 'C4')).version, version);
  // The same again, more recently, makes no version, and is remembered: what was recorded between the two is late.
  const again = await tell(cancelDischarge.replace('080500', '084500'), 'C5');
  assert.equal(again.version, version);
  const between = await tell(discharge.replace('080400', '083000'), 'C6');
  assert.equal(between.resource['status'], 'in-progress');
  assert.deepEqual(await inbox.deadLetters.list(), []);
});

test('where arrival decides, the last message that came is the newest', async (t) => {
  const desk = await bench(t);
  const store = await openStore(desk);
  t.after(() => store.close());
  const inbox = await desk.open({ store, normalizer, order: 'arrival' });
  for (const text of [cancelDischarge, discharge]) await inbox.receive(Buffer.from(text), VIA);
  await inbox.settled();
  const { entries } = convert(admit);
  const id = entries.find(({ resource }) => resource.resourceType === 'Encounter')!.resource.id!;
  assert.equal((await store.read('Encounter', id))?.resource['status'], 'finished');
});
