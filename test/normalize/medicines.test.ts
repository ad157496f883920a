// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../../src/fhir/resource.ts';
import { message, normalizer, PID, resources } from './setting.ts';

interface Dosage {
  readonly timing?: { readonly repeat?: Readonly<Record<string, unknown>> };
  readonly doseAndRate?: unknown[];
}

const dosages = (order: Resource | undefined) => (order?.['dosageInstruction'] ?? []) as Dosage[];

function ordered(event: string, ...segments: readonly string[]): Resource[] {
  return resources(normalizer.convert(message(event, PID, ...segments)), 'MedicationRequest');
}

test('seven days from a start have an end, also as timings before v2.5 say it', () => {
  const [order] = ordered('RDE^O11', 'ORC|NW|RX1^CLINIC', 'RXE|^Q8H^D7^20260601|1^Drug^L|500||mg');
  assert.deepEqual(dosages(order)[0]?.timing?.repeat?.['boundsPeriod'], {
    start: '2026-06-01',
    end: '2026-06-08',
  });
});

const doses = (order: Resource | undefined) =>
  dosages(order).flatMap(
    ({ doseAndRate = [] }) => doseAndRate as { doseQuantity?: unknown; doseRange?: unknown }[],
  );

test('a dose without a maximum is that dose, and not that much or more', () => {
  const UCUM = 'http://unitsofmeasure.org';
  const dose = (maximum: string) =>
    doses(ordered('OMP^O09', 'ORC|NW|RX1^CLINIC', `RXO|1^Drug^L|500|${maximum}|mg^milligram^UCUM`)[0])[0];
  const low = { value: 500, system: UCUM, code: 'mg', unit: 'milligram' };
  assert.deepEqual(dose('')?.doseQuantity, low);
  assert.equal(dose('')?.doseRange, undefined);
  assert.deepEqual(dose('1000')?.doseRange, { low, high: { ...low, value: 1000 } });
  assert.equal(dose('1000')?.doseQuantity, undefined);
});

test('who orders is one doctor, though the order and the medicine both say who', () => {
  const ORC = 'ORC|NW|RX1^CLINIC||||||||||33^Doe^Eve^^^Dr^^^STAFF&2.999.2&ISO';
  const doctors = (...segments: readonly string[]) =>
    resources(normalizer.convert(message('RDE^O11', PID, ORC, ...segments)), 'Practitioner').length;
  assert.equal(doctors('RXE||1^Drug^L|1||||||||||33^Doe^Eve'), 1);
  assert.equal(doctors('RXO|1^Drug^L|1||||||||||||33^Doe^Eve', 'RXE||1^Drug^L|1'), 1);
  assert.equal(doctors('RXE||1^Drug^L|1||||||||||44^Poe^Ann'), 2);
});

test('what the prescriber asked for is of the visit and the prescriber of the order', () => {
  const orders = ordered(
    'RDE^O11',
    'PV1|1|I|WARD||||||||||||||||V1^^^CLINIC',
    'ORC|NW|RX1^CLINIC||||||||||33^Doe^Eve',
    'RXO|1^Drug^L|500||mg',
    'RXE||2^Tablet of it^L|1',
  );
  const original = orders.find((one) => one['intent'] === 'original-order');
  assert.ok(original?.['encounter'] && original['requester']);
  assert.deepEqual(
    orders.map((one) => [one['encounter'], one['requester']]),
    orders.map(() => [original['encounter'], original['requester']]),
  );
});

test('a prescription number is within the pharmacy that sends it', () => {
  const order = ordered('RDE^O11', 'ORC|NW|RX1^CLINIC', 'RXE||1^Drug^L|1||||||||||||N-77')[0]!;
  assert.deepEqual(
    (order['identifier'] as { value: string }[]).find(({ value }) => value === 'N-77'),
    {
      system: 'urn:oid:2.999.1',
      value: 'N-77',
      type: { text: 'Prescription number' },
    },
  );
});

test('what was observed when a medicine was handed out goes along with it', () => {
  const conversion = normalizer.convert(
    message(
      'RDS^O13',
      PID,
      'ORC|RE|RX1^CLINIC',
      'RXD|1|1^Drug^L|20260611|60',
      'OBX|1|ST|ID^Identity^L||seen',
    ),
  );
  const [dispense] = resources(conversion, 'MedicationDispense');
  assert.deepEqual(
    dispense?.['supportingInformation'],
    resources(conversion, 'Observation').map(({ id }) => ({ reference: `Observation/${id}` })),
  );
});

test('a refill is a revision of its order, also in the record of who did what', () => {
  const provenances = resources(
    normalizer.convert(message('RDE^O25', PID, 'ORC|RF|RX1^CLINIC', 'RXE||1^Drug^L|1')),
    'Provenance',
  );
  const activities = provenances.map((one) => (one['activity'] as { coding: { code?: string }[] }).coding);
  assert.ok(activities.some((codings) => codings.some(({ code }) => code === 'UPDATE')));
});
