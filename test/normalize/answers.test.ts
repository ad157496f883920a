// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, message, normalizer, only, PID, resources } from './setting.ts';

const answer = (event: string, ...segments: string[]) =>
  normalizer.convert(message(event, 'MSA|AA|T-0', ...segments));

/** What a test asks of a resource, as text. */
const said = (resource: object) => JSON.stringify(resource);

const ORDER = ['ORC|NW|A1^P', 'OBR|1|A1^P||1^One^L'];

test('an accepted order is the one that was asked for, with the number that the filler gave it', () => {
  const asked = only(normalizer.convert(message('OML^O21', PID, ...ORDER)), 'ServiceRequest');
  const told = answer('ORL^O22', PID, 'ORC|OK|A1^P|F1^L||SC', 'OBR|1|A1^P|F1^L|1^One^L');
  const order = only(told, 'ServiceRequest');
  assert.equal(order.id, asked.id);
  assert.ok(said(order).includes('"value":"F1"'));
  assert.equal(order['status'], 'active');
  assert.equal(told.entries.find(({ resource }) => resource === order)?.create, undefined);
});

test('an order that can’t be done is told as such, with what the filler says about it', () => {
  const told = normalizer.convert(fixture('444'));
  const refused = resources(told, 'ServiceRequest').find((one) => said(one).includes('EO-445'));
  assert.equal(refused?.['status'], 'revoked');
  assert.ok(said(refused).includes('under repair'));
});

test('an answer that doesn’t say whose order it is, or which, makes none and loses nothing', () => {
  for (const segments of [
    ['ORC|UA|A1^P', 'OBR|1|A1^P||1^One^L'],
    [PID, 'ORC|UA|A1^P'],
  ]) {
    const told = answer('ORL^O22', ...segments);
    assert.equal(resources(told, 'ServiceRequest').length, 0);
    assert.ok(told.unmapped.some(({ segment, field }) => segment === 'ORC' && field === 2));
  }
});

test('specimens and containers in an answer belong to the orders beside them', () => {
  for (const name of ['445', '446']) {
    const told = normalizer.convert(fixture(name));
    const specimen = only(told, 'Specimen');
    assert.ok(said(only(told, 'ServiceRequest')).includes(`Specimen/${specimen.id}`), name);
    assert.ok(said(specimen).includes('-C1'), name);
  }
});

test('a prescription that was accepted is the one that was ordered', () => {
  const ordered = normalizer.convert(message('OMP^O09', PID, 'ORC|NW|A1^P', 'RXO|1^One^L', 'RXR|PO'));
  const told = answer('ORP^O10', PID, 'ORC|OK|A1^P|F1^L', 'RXO|1^One^L', 'RXR|PO');
  const old = answer('ORR^O02', PID, 'ORC|OK|A1^P|F1^L', 'RXO|1^One^L');
  const encoded = answer('RRE^O12', PID, 'ORC|OK|A1^P|F1^L', 'RXE||1^One^L|5||mg', 'RXR|PO');
  const { id } = only(ordered, 'MedicationRequest');
  for (const each of [told, old, encoded]) assert.equal(only(each, 'MedicationRequest').id, id);
});

test('what is handed out, given or to be given is only mentioned by whom it was told', () => {
  const RXA = 'RXA|1|1|20260102080000|20260102080000|1^One^L|5|mg^^UCUM';
  const mentions: [string, string, string][] = [
    ['RRD^O14', 'MedicationDispense', 'RXD|1|1^One^L|20260102080000|6'],
    ['RRA^O18', 'MedicationAdministration', RXA],
    ['RRG^O16', 'MedicationRequest', 'RXG|1|1||1^One^L|5||mg^^UCUM'],
  ];
  for (const [event, type, segment] of mentions) {
    const { entries } = answer(event, PID, 'ORC|OK|A1^P|F1^L', segment);
    const found = entries.filter(({ resource }) => resource.resourceType === type);
    assert.deepEqual(
      found.map(({ create }) => create),
      [true],
      event,
    );
  }
});

test('each dose that is to be given is a request of its own, based on the order', () => {
  const told = normalizer.convert(fixture('448'));
  const requests = resources(told, 'MedicationRequest');
  const [order, first, second, ...others] = requests;
  assert.deepEqual(others, []);
  assert.deepEqual(
    [order!['intent'], first!['intent'], second!['intent']],
    ['order', 'instance-order', 'instance-order'],
  );
  assert.notEqual(first!.id, second!.id);
  for (const each of [first!, second!])
    assert.deepEqual(each['basedOn'], [{ reference: `MedicationRequest/${order!.id}` }]);
  assert.deepEqual(told.unmapped, []);
  const received = only(normalizer.convert(fixture('451')), 'MedicationRequest');
  assert.equal(received.id, first!.id, 'the dose that an answer mentions is the one that was asked for');
});

test('what a pump may give is kept with the prescription', () => {
  const told = normalizer.convert(fixture('455'));
  const order = only(told, 'MedicationRequest');
  assert.ok(said(order).includes('"maxDosePerAdministration":{"value":4'));
  assert.ok(said(order).includes('"lockout","valueDuration":{"value":10'));
  assert.deepEqual(told.unmapped, []);
});
