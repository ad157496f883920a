// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Resource } from '../../../src/fhir/resource.ts';
import { matches } from '../../../src/fhir/search/matches.ts';
import { parseSearch } from '../../../src/fhir/search/parse.ts';
import { fhirError } from '../expect.ts';

const OURS = 'https://us.example/fhir';

function finds(resource: Resource, query: string): boolean {
  const { search, ignored } = parseSearch(resource.resourceType, new URLSearchParams(query), OURS);
  assert.deepEqual(ignored, []);
  return matches(resource, search);
}

function assertFinds(resource: Resource, found: readonly string[], missed: readonly string[]): void {
  for (const query of found) assert.ok(finds(resource, query), `${query} should find it`);
  for (const query of missed) assert.ok(!finds(resource, query), `${query} should not find it`);
}

const observation: Resource = {
  resourceType: 'Observation',
  id: 'o1',
  meta: {
    lastUpdated: '2024-03-01T12:00:00.500Z',
    tag: [{ system: 'urn:t', code: 'x' }],
    profile: ['http://p'],
  },
  status: 'final',
  identifier: [{ system: 'urn:oid:1.2.3', value: 'A|1' }],
  code: { coding: [{ system: 'http://loinc.org', code: '718-7' }, { code: 'HGB' }] },
  subject: { reference: 'Patient/p1' },
  performer: [
    { reference: `${OURS}/Practitioner/d1` },
    { reference: 'https://them.example/fhir/Organization/lab' },
    { identifier: { system: 'urn:npi', value: '77' } },
  ],
  effectiveDateTime: '2024-02-29T10:30:00+02:00',
  component: [{ code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] } }],
};

const patient: Resource = {
  resourceType: 'Patient',
  id: 'p1',
  active: true,
  identifier: [{ system: 'urn:oid:9', value: '4711' }, { value: 'no-system' }],
  name: [{ family: 'Müller-Lüdenscheidt', given: ['Åsa', 'Maria'] }],
  gender: 'female',
  birthDate: '1980-03-05',
  telecom: [
    { system: 'phone', value: '+49301234' },
    { system: 'email', value: 'asa@example.org' },
  ],
  address: [{ city: 'Weißenfels', postalCode: '06667' }],
  link: [{ other: { reference: 'Patient/old' }, type: 'replaces' }],
};

describe('search', () => {
  test('a code is found by itself, with its system, without one, and by its system alone', () => {
    assertFinds(
      observation,
      [
        'code=718-7',
        'code=http://loinc.org|718-7',
        'code=http://loinc.org|',
        'code=|HGB',
        'code=x,718-7',
        'code:not=999-9',
        'combo-code=8480-6',
        'status=final',
        'status=http://hl7.org/fhir/observation-status|final',
        'identifier=urn:oid:1.2.3|A\\|1',
        'identifier=A\\|1',
        '_tag=urn:t|x',
        '_profile=http://p',
      ],
      [
        'code=718',
        'code=http://snomed.info/sct|718-7',
        'code=|718-7',
        'code:not=718-7',
        'code:not=x,718-7',
        'code=8480-6',
        'status=urn:other|final',
        'status:not=final',
      ],
    );
  });

  test('a reference is found by id, by type and id, by absolute URL, and by the patient it means', () => {
    assertFinds(
      observation,
      [
        'subject=p1',
        'subject=Patient/p1',
        `subject=${OURS}/Patient/p1`,
        'subject:Patient=p1',
        'patient=p1',
        'patient=Patient/p1',
        'performer=https://them.example/fhir/Organization/lab',
        'performer:identifier=urn:npi|77',
      ],
      ['subject=Group/p1', 'patient=p2', 'subject=https://them.example/fhir/Patient/p1', 'performer=lab'],
    );
  });

  test('people are found by the beginning of a name, whatever the case and accents', () => {
    assertFinds(
      patient,
      [
        'family=mul',
        'family=MÜLLER-LÜDE',
        'family=muller-ludenscheidt',
        'family:exact=Müller-Lüdenscheidt',
        'given=asa',
        'name=maria',
        'name=a',
        'address-city=weissen',
        'address-postalcode=06667',
      ],
      [
        'family=lud',
        'family=muller-ludensch',
        'family:exact=müller-lüdenscheidt',
        'family=asa',
        'given=as a',
      ],
    );
  });

  test('people are found by identifier, birthday, gender, contact and link', () => {
    assertFinds(
      patient,
      [
        'identifier=urn:oid:9|4711',
        'identifier=4711',
        'identifier=|no-system',
        'birthdate=1980-03-05',
        'birthdate=eq1980-03',
        'birthdate=1980',
        'gender=female',
        'active=true',
        'phone=%2B49301234',
        'email=asa@example.org',
        'telecom=asa@example.org',
        'link=Patient/old',
        '_id=p0,p1',
      ],
      [
        'identifier=urn:oid:8|4711',
        'birthdate=1980-03-06',
        'birthdate=1981',
        'phone=asa@example.org',
        '_id=p2',
      ],
    );
  });

  test('clinical dates are compared by precision, zones respected', () => {
    assertFinds(
      observation,
      [
        'date=2024-02-29',
        'date=2024-02',
        'date=2024-02-29T08:30:00Z',
        'date=2024-02-29T08:30Z',
        'date=ge2024-02-29',
        'date=gt2024-02-28',
        'date=lt2024-03',
        'date=sa2024-02-28',
        'date=eb2024-03-01',
        'date=ne2023',
        'date=ge2024-01&date=lt2025',
        '_lastUpdated=2024-03-01',
        '_lastUpdated=ge2024-03-01T12:00:00.500Z',
      ],
      [
        'date=2024-03',
        'date=lt2024-02-29',
        'date=gt2024-02-29',
        'date=2024-02-29T10:30:00Z',
        '_lastUpdated=lt2024-03',
      ],
    );
  });

  test('an open period ends never', () => {
    const encounter: Resource = { resourceType: 'Encounter', period: { start: '2024-05-01' } };
    assertFinds(
      encounter,
      ['date=ge2030', 'date=gt2024-05-01', 'date=le2024-06'],
      ['date=2024', 'date=lt2024-05-01'],
    );
    assertFinds({ resourceType: 'Encounter' }, [], ['date=2024', 'date=ne2024', 'date=lt2024']);
  });

  test('only what lies in the compartment of the given patients, or in nobody’s, is found', () => {
    const { search } = parseSearch('Observation', []);
    assert.ok(matches(observation, { ...search, patients: ['p1'] }));
    assert.ok(!matches(observation, { ...search, patients: ['p2'] }));
    const organization: Resource = { resourceType: 'Organization', id: 'lab' };
    assert.ok(matches(organization, { ...search, type: 'Organization', patients: ['p2'] }));
  });

  test('what is unknown is reported, and presentation is none of the search', () => {
    const { search, ignored } = parseSearch('Patient', [
      ['_format', 'json'],
      ['shoe-size', '43'],
      ['_has:Observation:patient:code', 'x'],
      ['name', ''],
      ['family', 'x'],
    ]);
    assert.deepEqual(ignored, ['shoe-size', '_has:Observation:patient:code', 'name']);
    assert.equal(search.where.length, 1);
  });

  test('page size, order and form are read, with bounds', () => {
    const parsed = parseSearch(
      'Observation',
      new URLSearchParams('_count=1000&_sort=-date&_elements=id,code&_summary=data'),
    );
    assert.equal(parsed.count, 200);
    assert.deepEqual(parsed.search.sort, { by: 'period', descending: true });
    assert.deepEqual(parsed.elements, ['id', 'code']);
    assert.equal(parsed.summary, 'data');
    assert.equal(parseSearch('Observation', []).count, 20);
  });

  for (const [query, code] of [
    ['date=2023-02-30', 'value'],
    ['date=yesterday', 'value'],
    ['date=xx2023', 'value'],
    ['date=ap2023', 'not-supported'],
    ['date=2023,2024', 'value'],
    ['date:missing=true', 'not-supported'],
    ['code=|', 'value'],
    ['code:in=http://vs', 'not-supported'],
    ['subject=Patient/a b', 'value'],
    ['subject:Organization=x', 'not-supported'],
    ['focus=p1', 'value'],
    ['subject.name=x', 'not-supported'],
    ['_count=-1', 'value'],
    ['_sort=code', 'not-supported'],
    ['_summary=some', 'value'],
  ] as const) {
    test(`${query} is refused and the parameter named`, () => {
      const name = /^\w+/.exec(query)?.[0] ?? '';
      assert.throws(
        () => parseSearch('Observation', new URLSearchParams(query)),
        (error) => fhirError(400, code)(error) && (error as Error).message.includes(`parameter ${name}`),
      );
    });
  }

  test('a birthday can not be compared, and :contains is refused, since both are encrypted', () => {
    assert.throws(() => parseSearch('Patient', [['birthdate', 'ge1980']]), fhirError(400, 'not-supported'));
    assert.throws(() => parseSearch('Patient', [['family:contains', 'x']]), fhirError(400, 'not-supported'));
  });

  test('a search of too many parts is refused', () => {
    const params = Array.from({ length: 41 }, () => ['code', 'x'] as const);
    assert.throws(() => parseSearch('Observation', params), fhirError(400, 'too-long'));
    assert.throws(() => parseSearch('Observation', [['code', 'x'.repeat(8193)]]), fhirError(400, 'too-long'));
    assert.throws(
      () => parseSearch('Observation', [['code', Array(101).fill('x').join()]]),
      fhirError(400, 'too-long'),
    );
  });
});
