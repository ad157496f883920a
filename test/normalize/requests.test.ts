// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../../src/fhir/resource.ts';
import { message, normalizer, only, PID, resources } from './setting.ts';

const convert = (event: string, ...segments: string[]) => normalizer.convert(message(event, ...segments));
const referenceOf = (value: unknown) => (value as { reference?: string } | undefined)?.reference;
const nameOf = (resource: Resource) => `${resource.resourceType}/${resource.id}`;

const ORDER = ['ORC|NW|P1^PL', 'OBR|1|P1^PL||K^Potassium^99'];
const EARLIER = ['ORC|PR|P0^PL|F0^L', 'OBR|1|P0^PL|F0^L|K^Potassium^99', 'OBX|1|NM|K^Potassium^99||4||||||F'];

test('earlier results that an order brings along merge nobody, and say nothing new of the patient', () => {
  const conversion = convert('OML^O21', PID, ...ORDER, 'PID|1||P1^^^CLINIC&2.999.1.1&ISO^MR', ...EARLIER);
  assert.equal(conversion.merges, undefined);
  const { identifier, name } = only(conversion, 'Patient') as { identifier?: unknown[]; name?: unknown[] };
  assert.deepEqual([identifier?.length, name?.length], [1, 1]);
});

test('earlier results belong to the patient and the visit that stand above them, the order to its own', () => {
  const other = 'PID|1||P2^^^CLINIC&2.999.1.1&ISO^MR||Doe^Sibling';
  const visits = ['PV1|1|O|||||||||||||||||V1', 'PV1|1|I|||||||||||||||||V0'] as const;
  const conversion = convert('OML^O21', PID, visits[0], ...ORDER, other, visits[1], ...EARLIER);
  const [jane, sibling] = resources(conversion, 'Patient').map(nameOf);
  const [now, before] = resources(conversion, 'Encounter').map(nameOf);
  const order = only(conversion, 'ServiceRequest');
  assert.deepEqual([referenceOf(order['subject']), referenceOf(order['encounter'])], [jane, now]);
  for (const type of ['DiagnosticReport', 'Observation']) {
    const { subject, encounter } = only(conversion, type) as { subject?: unknown; encounter?: unknown };
    assert.deepEqual([referenceOf(subject), referenceOf(encounter)], [sibling, before], type);
  }
});

test('two tubes of one specimen are two containers, each with its own number, volume and order', () => {
  const tube = (number: string, volume: string) => `SAC|||${number}^LAB${'|'.repeat(19)}${volume}||mL^^UCUM`;
  const specimen = 'SPM|1|S1&CLINIC||BLD^Blood^HL70487';
  const orders = [ORDER, ['ORC|NW|P2^PL', 'OBR|1|P2^PL||L^Lipids^99']] as const;
  const conversion = convert(
    'OML^O35',
    PID,
    specimen,
    tube('A', '4'),
    ...orders[0],
    tube('B', '7'),
    ...orders[1],
  );
  type Container = { identifier: { value: string }[]; specimenQuantity: { value: unknown } };
  const { container } = only(conversion, 'Specimen') as { container?: Container[] };
  assert.deepEqual(
    container?.map(({ identifier, specimenQuantity }) => [
      identifier.map(({ value }) => value).join(),
      String(specimenQuantity.value),
    ]),
    [
      ['A', '4'],
      ['B', '7'],
    ],
  );
});

test('an order that its filler has replaced or not accepted is no longer active, the one that replaces it is', () => {
  const statusOf = (control: string) =>
    only(convert('OMG^O19', PID, `ORC|${control}|P1^PL|F1^L`, 'OBR|1|P1^PL|F1^L|X^X^99'), 'ServiceRequest')[
      'status'
    ];
  assert.deepEqual(['RU', 'RQ', 'UA'].map(statusOf), ['revoked', 'revoked', 'revoked']);
  assert.deepEqual(['RO', 'UX', 'UC'].map(statusOf), ['active', 'active', 'active']);
});

test('an order is what ORC-5 says of it wherever ORC stands, and done when it comes with its final result', () => {
  const obr = `OBR|1|P1|F1|X^X^99${'|'.repeat(21)}P`;
  const behind = convert('OUL^R24', PID, obr, 'ORC|SC|P1|F1||CM');
  assert.equal(only(behind, 'ServiceRequest')['status'], 'completed');
  assert.deepEqual(behind.unmapped, []);
  const bedside = convert('ORU^R30', PID, 'ORC|NW', `OBR|1||F1|X^X^99${'|'.repeat(21)}F`);
  assert.equal(only(bedside, 'ServiceRequest')['status'], 'completed');
});

test('the section that an order goes to is its category, and a time said twice is told once', () => {
  const timing = '^^^20260102110000^^S';
  const obr = `OBR|1|P1||X^X^99||20260102110000${'|'.repeat(18)}RAD`;
  const conversion = convert('ORM^O01', PID, `ORC|NW|P1|||||${timing}`, obr);
  const { category, extension } = only(conversion, 'ServiceRequest') as {
    category?: unknown;
    extension?: unknown;
  };
  assert.match(JSON.stringify(category), /"code":"RAD"/);
  assert.doesNotMatch(JSON.stringify(extension), /OBR-/);
});

test('the children of an order are orders of their own, also when a later message tells of one of them alone', () => {
  const child = (filler: string) => [
    `ORC|CH|P1^PL|${filler}^L||SC|||P1&PL^F1&L`,
    `OBR|1|P1^PL|${filler}^L|K^Potassium^99${'|'.repeat(25)}P1&PL^F1&L`,
  ];
  const parent = ['ORC|PA|P1^PL|F1^L||A', 'OBR|1|P1^PL|F1^L|K^Potassium^99'];
  const ids = (...segments: string[]) =>
    resources(convert('OML^O21', PID, ...segments), 'ServiceRequest').map(({ id }) => id);
  const [one, first, second] = ids(...parent, ...child('F1-1'), ...child('F1-2'));
  assert.equal(new Set([one, first, second]).size, 3);
  assert.deepEqual(
    [ids(...child('F1-2')), ids(...child('F1-1')), ids(...parent)],
    [[second], [first], [one]],
  );
});

test('a participant whose PRT-1 is a mere number is not taken for another with the same number', () => {
  const roleOf = (person: string) => {
    const participant = `PRT|1|AD||RCT^Result Copies To^HL70912|${person}`;
    return only(convert('OML^O21', PID, ORDER[0]!, participant, ORDER[1]!), 'PractitionerRole').id;
  };
  assert.notEqual(roleOf('8802^Weiss^Karl'), roleOf('8803^Nilsen^Tove'));
  assert.equal(roleOf('8802^Weiss^Karl'), roleOf('8802^Weiss^Karl'));
});

test('an order of which ORC alone tells belongs to the visit as well', () => {
  const conversion = convert('ORM^O01', PID, `PV1|1|I${'|'.repeat(17)}V1`, 'ORC|CA|P1^PL');
  const { encounter } = only(conversion, 'ServiceRequest') as { encounter?: unknown };
  assert.equal(referenceOf(encounter), nameOf(only(conversion, 'Encounter')));
});

test('an order that follows earlier results is a new order, and no earlier one', () => {
  const again = ['ORC|PR|P9^PL|F9^L', 'OBR|1|P9^PL|F9^L|N^Sodium^99', 'OBX|1|NM|N^Sodium^99||139||||||F'];
  const next = ['ORC|NW|P2^PL', 'OBR|2|P2^PL||L^Lipids^99'];
  const conversion = convert('OML^O21', PID, ...ORDER, PID, ...EARLIER, ...again, ...next);
  const codes = (type: string) =>
    resources(conversion, type).map(({ code }) => (code as { coding: { code: string }[] }).coding[0]?.code);
  assert.deepEqual(codes('ServiceRequest'), ['K', 'L']);
  assert.deepEqual(codes('DiagnosticReport'), ['K', 'N']);
  assert.deepEqual(codes('Observation'), ['K', 'N']);
});
