// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMessage } from '../../src/ingest/hl7/message.ts';
import type { Conversion } from '../../src/normalize/convert.ts';
import { message, normalizer, only, PID, resources } from './setting.ts';

const EVN = 'EVN||20260102030405+0100';
const IN_BED = 'PV1|1|I|WARD^1^A||||||||||||||||V1';
const LEFT = `${IN_BED}${'|'.repeat(26)}20260103`;

const convert = (event: string, ...segments: string[]) => normalizer.convert(message(event, ...segments));

function visitOf(conversion: Conversion) {
  const visits = conversion.entries.filter(({ resource }) => resource.resourceType === 'Encounter');
  const entry = visits.find(({ resource }) => JSON.stringify(resource['identifier']).includes('"V1"'));
  assert.ok(entry, 'there is no visit V1');
  const places = (entry.resource['location'] ?? []) as { status?: string }[];
  return { entry, status: entry.resource['status'], places: places.map((place) => place.status) };
}

test('nobody is in the bed of a visit that was called off', () => {
  for (const event of ['A11', 'A27', 'A38']) {
    const { status, places } = visitOf(convert(`ADT^${event}`, EVN, PID, IN_BED));
    assert.deepEqual([status, ...places], ['cancelled', undefined], event);
  }
});

test('who is only expected is not in the bed yet, but who comes as an emergency is', () => {
  for (const event of ['A05', 'A14']) {
    assert.deepEqual(visitOf(convert(`ADT^${event}`, EVN, PID, IN_BED)).places[0], 'planned', event);
    const emergency = visitOf(convert(`ADT^${event}`, EVN, PID, IN_BED.replace('|I|', '|E|')));
    assert.deepEqual([emergency.status, emergency.places[0]], ['in-progress', 'active'], event);
  }
});

test('who has left is in no bed, whichever message says so, until the discharge is taken back', () => {
  for (const event of ['ADT^A03', 'ADT^A08', 'BAR^P12', 'ADT^A60']) {
    const { status, places } = visitOf(convert(event, EVN, PID, LEFT));
    assert.equal(status, 'finished', event);
    assert.equal(places[0], 'completed', event);
  }
  assert.deepEqual(visitOf(convert('ADT^A13', EVN, PID, LEFT)).places[0], 'active');
});

test('an event of numbers, links, deletions, accounts or allergies leaves open whether the patient is still there', () => {
  const merge = 'MRG|P0^^^CLINIC&2.999.1.1&ISO^MR';
  const events = {
    'ADT^A23': [PID, IN_BED],
    'ADT^A24': [PID, IN_BED, PID.replace('P1^', 'P2^')],
    'ADT^A40': [PID, merge, IN_BED],
    'ADT^A42': [PID, `${merge}||||V0`, IN_BED],
    'ADT^A50': [PID, `${merge}||||V0`, IN_BED],
    'BAR^P05': [PID, IN_BED],
    'ADT^A60': [PID, IN_BED],
  };
  for (const [event, segments] of Object.entries(events)) {
    const { entry, status, places } = visitOf(convert(event, EVN, ...segments));
    // What is assumed stands back for what is stored.
    assert.deepEqual([status, entry.assumes?.map(({ name }) => name)], ['unknown', ['status']], event);
    assert.equal(places[0], undefined, event);
  }
});

test('a diagnosis is not said to go on, and one that was taken back is none of the visit', () => {
  const diagnoses = [
    'DG1|1||I21.4^Infarction^I10|||F|||||||||1|||||D1^CODER|A',
    'DG1|2||R07.9^Chest pain^I10|||A|||||||||2|||||D2^CODER|D',
  ];
  const coded = convert('BAR^P12', EVN, PID, IN_BED, ...diagnoses);
  const [kept, withdrawn] = resources(coded, 'Condition');
  assert.equal(kept?.['clinicalStatus'], undefined);
  assert.match(JSON.stringify(withdrawn?.['verificationStatus']), /entered-in-error/);
  const listed = visitOf(coded).entry.resource['diagnosis'] as { condition: { reference: string } }[];
  assert.deepEqual(
    listed.map(({ condition }) => condition.reference),
    [`Condition/${kept?.id}`],
  );
});

test('a place that is pending is told once, also when PV1 and PV2 both say it', () => {
  const pending = `${IN_BED}${'|'.repeat(23)}ICU^2`;
  const { places } = visitOf(convert('ADT^A15', EVN, PID, pending, 'PV2|ICU^2'));
  assert.deepEqual(places, ['active', 'reserved']);
  const two = visitOf(convert('ADT^A15', EVN, PID, pending, 'PV2|CCU^1'));
  assert.deepEqual(two.places, ['active', 'reserved', 'planned']);
});

test('when a patient on leave is expected back is a time, and forgotten when she is back', () => {
  const expected = `PV2${'|'.repeat(47)}20260110200000+0100`;
  const leave = convert('ADT^A21', EVN, PID, IN_BED, expected);
  assert.match(JSON.stringify(visitOf(leave).entry.resource['extension']), /2026-01-10T20:00:00\+01:00/);
  assert.deepEqual(leave.unmapped, []);
  for (const event of ['A22', 'A52']) {
    const back = visitOf(convert(`ADT^${event}`, EVN, PID, IN_BED)).entry;
    assert.match(back.removed.join(), /expected-return/, event);
  }
});

test('a visit without a number is the same one by its time of admission, but not by a day, which may have seen two', () => {
  const idAt = (event: string, admitted: string) =>
    only(convert(event, EVN, PID, `PV1|1|I|W${'|'.repeat(41)}${admitted}`), 'Encounter').id;
  for (const exact of ['202601010800', '20260101080001+0100'])
    assert.equal(idAt('ADT^A01', exact), idAt('ADT^A03', exact), exact);
  assert.notEqual(idAt('ADT^A01', '202601010800'), idAt('ADT^A01', '202601010801'));
  const [first, second] = ['T-1', 'T-2'].map((control) => (admitted: string) => {
    const text = `MSH|^~\\&|APP|CLINIC|MOORING|BRIDGE|20260102030405+0100||ADT^A04|${control}|P|2.5.1\r${PID}\r`;
    return only(normalizer.convert(readMessage(`${text}PV1|1|O|W${'|'.repeat(41)}${admitted}`)), 'Encounter')
      .id;
  });
  for (const vague of ['', '20260101', '2026010108', '20260101000000', '202601010000+0100'])
    assert.notEqual(first!(vague), second!(vague), vague);
});
