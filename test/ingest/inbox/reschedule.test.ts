// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMessage } from '../../../src/ingest/hl7/message.ts';
import { type Conversion, normalizer as normalizerOf } from '../../../src/normalize/convert.ts';
import { loadMappings } from '../../../src/normalize/load.ts';
import { compileProgram } from '../../../src/normalize/program.ts';
import { PureStore } from './pure-store.ts';

const MAPPINGS = new URL('../../../mappings/', import.meta.url);
const program = compileProgram(await loadMappings(MAPPINGS), { zone: 'Z' });
const normalizer = normalizerOf(program, Buffer.from('reschedule'));

/** A message of the n-th minute; `contact` is SCH-16. */
function siu(
  event: string,
  minute: number,
  at: string,
  contact: string,
  ...resources: readonly string[]
): Conversion {
  const header = `MSH|^~\\&|S|HARBOUR|MOORING|HOSP|20260301080${minute}00||SIU^${event}^SIU_S12|${event}${minute}|P|2.5.1`;
  const sch = `SCH|P7^S|F7^S|||||||20|min|^^^${at}|||||${contact}|||||||||Booked`;
  return normalizer.convert(
    readMessage([header, sch, 'PID|1||P1^^^HARBOUR^MR||Roe', ...resources].join('\r')),
  );
}

const RESOURCES = ['RGS|1', 'AIS|1||S1^Service^L', 'AIL|1||ROOM^1', 'AIP|1||77^Doe^Eve||ATND^Attending'];
const made = siu('S12', 1, '202604021000', '55^Tamsin^Rory', ...RESOURCES);
const moved = siu('S13', 2, '202604031000', '56^Bell^Una');
const added = siu(
  'S18',
  3,
  '202604031000',
  '56^Bell^Una',
  'RGS|1|A',
  'AIS|1|A|S2^Other^L',
  'AIP|2|A|78^Poe^Ann',
);
const settled = siu(
  'S14',
  4,
  '202604031000',
  '56^Bell^Una',
  'RGS|1',
  'AIS|1||S1^Service^L',
  'AIP|1||78^Poe^Ann',
);

interface Appointment {
  readonly start: string;
  readonly serviceType: { readonly coding: readonly { readonly code: string }[] }[];
  readonly participant: {
    actor?: { display?: string; reference: string };
    type?: { text?: string; coding?: { code: string }[] }[];
  }[];
}

async function after(...told: readonly Conversion[]) {
  const store = new PureStore();
  for (const each of told) await store.tell(each);
  const found = store.all().find(({ type }) => type === 'Appointment')!.resource as unknown as Appointment;
  const parts = found.participant.map(({ actor, type }) =>
    actor ? (actor.display ?? actor.reference.split('/')[0]) : type?.[0]?.coding?.[0]?.code,
  );
  const services = found.serviceType.map(({ coding }) => coding[0]?.code);
  return { start: found.start.slice(0, 10), parts, services, content: store.content() };
}

test('a reschedule that names no services, places and people takes none of them away', async () => {
  const { start, parts, services } = await after(made, moved);
  assert.equal(start, '2026-04-03');
  assert.deepEqual(services, ['S1']);
  assert.equal(parts.length, new Set(parts).size, 'nobody is there twice');
  for (const one of ['Patient', 'S1', 'Eve Doe', 'Una Bell', 'ROOM 1'])
    assert.ok(parts.includes(one), `${one} of ${parts}`);
});

test('a service that is added to an appointment is beside the others', async () => {
  const { parts, services } = await after(made, added);
  assert.deepEqual(services, ['S1', 'S2']);
  for (const one of ['S1', 'S2', 'Eve Doe', 'Ann Poe']) assert.ok(parts.includes(one), `${one} of ${parts}`);
});

test('who is not named where others are no longer takes part', async () => {
  const { parts } = await after(made, moved, settled);
  for (const one of ['Eve Doe', 'ROOM 1']) assert.ok(!parts.includes(one), `${one} of ${parts}`);
  assert.ok(parts.includes('Ann Poe'));
});

test('who takes part is the same in whatever order the messages come, and however often', async () => {
  const all = [made, moved, added];
  const { content } = await after(...all);
  for (const order of [
    [...all].reverse(),
    [moved, made, added],
    [moved, added, made, moved],
    [...all, ...all],
  ])
    assert.deepEqual((await after(...order)).content, content);
});
