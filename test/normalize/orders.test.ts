// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../../src/fhir/resource.ts';
import type { Conversion } from '../../src/normalize/convert.ts';
import { message, normalizer, only, PID, resources } from './setting.ts';

const convert = (event: string, ...segments: string[]) =>
  normalizer.convert(message(event, PID, ...segments));

/** What stands at a path such as `dosageInstruction.0.timing`. */
function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => (inner as Record<string, unknown>)?.[name], value);
}

function byNumber(conversion: Conversion, type: string): Map<unknown, Resource> {
  return new Map(resources(conversion, type).map((one) => [at(one, 'identifier.0.value'), one]));
}

function extensionsOf(element: unknown, name: string): unknown[] {
  const all = (at(element, 'extension') ?? []) as { url: string }[];
  return all.filter(({ url }) => url === `https://mooring.example/fhir/StructureDefinition/${name}`);
}

/** The parts of an extension, by name. */
function partsOf(extension: unknown): Record<string, unknown> {
  const parts = at(extension, 'extension') as { url: string }[];
  return Object.fromEntries(parts.map((part) => [part.url, part]));
}

test('a replacement order says which orders it replaces, and no others', () => {
  const conversion = convert(
    'OMG^O19',
    'ORC|RP|A1^P||||||||',
    'OBR|1|A1^P||1^One^L',
    'ORC|RP|A2^P',
    'OBR|2|A2^P||2^Two^L',
    'ORC|RO|B1^P',
    'OBR|3|B1^P||3^Three^L',
    'ORC|RO|B2^P',
    'OBR|4|B2^P||4^Four^L',
    'ORC|NW|C1^P',
    'OBR|5|C1^P||5^Five^L',
    'ORC|RO|D1^P',
    'OBR|6|D1^P||6^Six^L',
  );
  const orders = byNumber(conversion, 'ServiceRequest');
  const replaced = ['A1', 'A2'].map((number) => ({ reference: `ServiceRequest/${orders.get(number)?.id}` }));
  for (const number of ['B1', 'B2']) assert.deepEqual(at(orders.get(number), 'replaces'), replaced);
  for (const number of ['A1', 'A2', 'C1', 'D1'])
    assert.equal(at(orders.get(number), 'replaces'), undefined, number);
});

test('a prescription that replaces another names it as the prior one', () => {
  const conversion = convert(
    'RDE^O11',
    'ORC|RU|A1^P|F1^Q',
    'RXE||100^Aspirin^L|1||mg^^UCUM',
    'RXR|PO',
    'ORC|RO|B1^P|F2^Q',
    'RXE||200^Ibuprofen^L|1||mg^^UCUM',
    'RXR|PO',
  );
  const orders = byNumber(conversion, 'MedicationRequest');
  assert.deepEqual(at(orders.get('B1'), 'priorPrescription'), {
    reference: `MedicationRequest/${orders.get('A1')?.id}`,
  });
  assert.equal(at(orders.get('A1'), 'priorPrescription'), undefined);
});

test('each timing of a prescription is a dosage of its own, numbered or not, with its priority', () => {
  const conversion = convert(
    'OMP^O09',
    'ORC|NW|A1^P',
    'TQ1||1^tab|BID||||20260102|20260105|S',
    'TQ1||2^tab|QD||||20260106||R',
    'RXO|100^Aspirin^L',
    'RXR|PO',
  );
  const order = only(conversion, 'MedicationRequest');
  assert.equal(at(order, 'priority'), 'stat');
  const [first, second] = at(order, 'dosageInstruction') as unknown[];
  assert.deepEqual(at(first, 'timing.repeat.boundsPeriod'), { start: '2026-01-02', end: '2026-01-05' });
  assert.deepEqual(at(second, 'timing.repeat.boundsPeriod'), { start: '2026-01-06' });
  assert.equal(at(second, 'doseAndRate.0.doseQuantity.value'), 2);
  assert.equal(at(extensionsOf(second, 'priority'), '0.valueCodeableConcept.coding.0.code'), 'R');
  assert.deepEqual(conversion.unmapped, []);
});

test('what the prescriber asked for and what the pharmacy makes of it are two timings, of two orders', () => {
  const timing = (conversion: Conversion, intent: string) => {
    const order = resources(conversion, 'MedicationRequest').find((one) => one['intent'] === intent);
    return order && at(order, 'dosageInstruction.0.timing');
  };
  const asked = 'TQ1|1||||||20260102|20260109';
  const encoded = ['RXE||100^Aspirin^L|1||TAB', 'TQ1|1||BID|||10^d|20260103'];
  const both = convert('RDE^O11', 'ORC|NW|A1^P', asked, 'RXO|1^Aspirin^L', ...encoded);
  assert.deepEqual(at(timing(both, 'original-order'), 'repeat'), {
    boundsPeriod: { start: '2026-01-02', end: '2026-01-09' },
  });
  assert.deepEqual(at(timing(both, 'order'), 'repeat.boundsPeriod'), {
    start: '2026-01-03',
    end: '2026-01-13',
  });
  // Of one order the pharmacy's timing is the one that holds; the other is kept.
  const one = convert('RDE^O11', 'ORC|NW|A1^P', asked, ...encoded);
  assert.equal(at(timing(one, 'order'), 'repeat.boundsPeriod.start'), '2026-01-03');
  assert.deepEqual(
    one.unmapped.map(({ segment, field }) => `${segment}-${field}`),
    ['TQ1-7', 'TQ1-8'],
  );
});

test('each repetition of the old timing of a prescription is a dosage of its own', () => {
  const conversion = convert(
    'ORM^O01',
    'ORC|NW|A1^P|||||1^BID^D3^20260102~2^QD^^20260106^20260110^R^fever^with food',
    'RXO|100^Aspirin^L',
    'RXR|PO',
  );
  const dosages = at(only(conversion, 'MedicationRequest'), 'dosageInstruction') as unknown[];
  const [first, second, ...others] = dosages;
  assert.deepEqual(others, []);
  assert.equal(at(first, 'timing.repeat.boundsPeriod.start'), '2026-01-02');
  assert.deepEqual(at(second, 'timing.repeat.boundsPeriod'), { start: '2026-01-06', end: '2026-01-10' });
  assert.equal(at(second, 'text'), 'with food');
  assert.equal(at(second, 'route.coding.0.code'), 'PO');
});

test('a second timing of a service is kept whole beside the first, not mixed with it', () => {
  const conversion = convert(
    'OML^O21',
    'ORC|NW|A1^P',
    'TQ1|1||Q8H||||20260102080000|||S',
    'TQ1|2|1^mL|QAM|0800|||20260103|20260107|R|||||5',
    'OBR|1|A1^P||1^One^L',
  );
  const order = only(conversion, 'ServiceRequest');
  assert.deepEqual(at(order, 'occurrenceTiming.repeat'), {
    boundsPeriod: { start: '2026-01-02T08:00:00+01:00' },
  });
  const [further] = extensionsOf(order, 'further-timing');
  const parts = partsOf(further);
  assert.deepEqual(at(parts, 'timing.valueTiming.repeat'), {
    timeOfDay: ['08:00:00'],
    boundsPeriod: { start: '2026-01-03', end: '2026-01-07' },
    count: 5,
  });
  assert.equal(at(parts, 'priority.valueCodeableConcept.coding.0.code'), 'R');
  assert.deepEqual(Object.keys(parts), ['quantity', 'timing', 'priority']);
  assert.deepEqual(conversion.unmapped, []);
});

test('an order says before or after which others it comes', () => {
  const conversion = convert(
    'OML^O21',
    'ORC|NW|A2^P',
    'TQ1|1||||||20260102',
    'TQ2|1|S|A1^P||G1^P|ES||30^min|3',
    'OBR|1|A2^P||1^One^L',
  );
  const [related] = extensionsOf(only(conversion, 'ServiceRequest'), 'related-order');
  const said = partsOf(related);
  assert.equal(at(said, 'order.valueReference.identifier.value'), 'A1');
  assert.equal(at(said, 'group.valueIdentifier.value'), 'G1');
  assert.equal(at(said, 'condition.valueCodeableConcept.coding.0.code'), 'ES');
  assert.equal(at(said, 'interval.valueDuration.code'), 'min');
  assert.equal(at(said, 'repeats.valueInteger'), 3);
  assert.deepEqual(conversion.unmapped, []);
});

test('whom to ask about an order is known by name, telephone and role', () => {
  const conversion = convert(
    'OML^O21',
    'ORC|NW|A1^P',
    'OBR|1|A1^P||1^One^L',
    'CTD|CP^Contact person^HL70131|Marlow^Ida|9 Elm Row^^Newhaven||^WPN^PH^^^555^0199|O|77^NPI',
  );
  const contact = only(conversion, 'PractitionerRole');
  const [said] = extensionsOf(only(conversion, 'ServiceRequest'), 'contact');
  assert.equal(at(said, 'valueReference.reference'), `PractitionerRole/${contact.id}`);
  assert.equal(at(contact, 'telecom.0.value'), '555 0199');
  assert.equal(at(contact, 'code.0.coding.0.code'), 'CP');
  const person = only(conversion, 'Practitioner');
  assert.equal(at(person, 'name.0.family'), 'Marlow');
  assert.equal(at(person, 'address.0.city'), 'Newhaven');
  assert.deepEqual(conversion.unmapped, []);
});

test('the contact of a provider of a referral is that provider’s, and that of an authorization the referral’s', () => {
  const conversion = normalizer.convert(
    message(
      'REF^I12',
      'RF1|A|R|MED|||R1^P',
      'AUT|P1|P2',
      'CTD|I|Insura^Ned',
      'PRD|RP|Roe^Ann',
      'CTD|CP|Marlow^Ida',
      'PRD|RT|Poe^Bea',
      PID,
    ),
  );
  const roles = resources(conversion, 'PractitionerRole');
  const named = (family: string) =>
    roles.find((role) => String(at(role, 'practitioner.display')).includes(family));
  const contactOf = (resource: unknown) =>
    extensionsOf(resource, 'contact').map((one) => at(one, 'valueReference.reference'));
  assert.deepEqual(contactOf(named('Roe')), [`PractitionerRole/${named('Marlow')?.id}`]);
  assert.deepEqual(contactOf(named('Poe')), []);
  assert.deepEqual(contactOf(only(conversion, 'ServiceRequest')), [
    `PractitionerRole/${named('Insura')?.id}`,
  ]);
});
