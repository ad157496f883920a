// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Issue } from '../../src/fhir/outcome.ts';
import { MAX_ISSUES, validateResource, warmUp } from '../../src/fhir/validate.ts';
import { SERVED, valid } from './samples.ts';

const brief = (issues: readonly Issue[]) =>
  issues.map(({ code, expression }) => `${code} ${expression}`).sort();

function findings(resource: unknown, ...expected: string[]): void {
  assert.deepEqual(brief(validateResource(resource)), expected.sort());
}

const patient = (members: object) => ({ resourceType: 'Patient', ...members });
const observation = (members: object) => ({ ...valid('Observation'), ...members });
const bundle = (type: string, ...entry: object[]) => ({ resourceType: 'Bundle', type, entry });

describe('validation against FHIR R4', () => {
  test('a correct resource of every type that the bridge serves passes', () => {
    for (const type of SERVED) assert.deepEqual(validateResource(valid(type)), [], type);
  });

  test('what is not a resource is refused', () => {
    for (const value of [null, undefined, 1, 'x', [], [{}]])
      assert.equal(validateResource(value)[0]?.code, 'structure');
    findings({}, 'required resourceType');
    findings({ resourceType: 'Zebra' }, 'structure resourceType');
    findings({ resourceType: 'constructor' }, 'structure resourceType');
  });

  test('every finding says where, as FHIRPath', () => {
    findings(
      patient({
        name: [{ given: ['a', 7] }, { family: '' }],
        gender: 'X',
        shoeSize: 43,
        contact: [{ telecom: [{ system: 'phone', value: '1', rank: 0 }] }],
        communication: [{ preferred: true }],
      }),
      'structure Patient.name[0].given[1]',
      'value Patient.name[1].family',
      'code-invalid Patient.gender',
      'structure Patient.shoeSize',
      'value Patient.contact[0].telecom[0].rank',
      'required Patient.communication[0].language',
    );
  });

  test('a required primitive is missed, unless its extension says why it is absent', () => {
    const absent = {
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' },
      ],
    };
    const { status: _, ...without } = valid('Observation');
    findings(without, 'required Observation.status');
    findings({ ...without, _status: absent });
    const { occurrenceDateTime: __, ...immunization } = valid('Immunization');
    findings(immunization, 'required Immunization.occurrence[x]');
    findings({ ...immunization, occurrenceString: 'last year' });
    findings(patient({ link: [{ other: { reference: 'Patient/1' } }] }), 'required Patient.link[0].type');
  });

  test('days that no calendar has are refused', () => {
    findings(patient({ birthDate: '2023-02-30' }), 'value Patient.birthDate');
    findings(patient({ birthDate: '1900-02-29' }), 'value Patient.birthDate');
    findings(patient({ birthDate: '2000-02-29' }));
    findings(patient({ deceasedDateTime: '2023-04-31T10:00:00Z' }), 'value Patient.deceasedDateTime');
    findings(patient({ meta: { lastUpdated: '2023-06-31T10:00:00Z' } }), 'value Patient.meta.lastUpdated');
    findings(
      observation({ effectiveDateTime: '2023-01-01T10:00:00' }),
      'value Observation.effectiveDateTime',
    );
  });

  test('a choice has one type', () => {
    findings(patient({ deceasedBoolean: true, deceasedDateTime: '2020' }), 'structure Patient.deceased[x]');
  });

  test('numbers are of the kind that is asked for', () => {
    findings(patient({ multipleBirthInteger: 1.5 }), 'structure Patient.multipleBirthInteger');
    findings(observation({ valueInteger: 2 ** 31 }), 'value Observation.valueInteger');
    findings(observation({ valueQuantity: { value: '1.5' } }), 'structure Observation.valueQuantity.value');
  });

  test('nothing is empty', () => {
    findings(patient({ name: [] }), 'structure Patient.name');
    findings(patient({ name: [{}] }), 'structure Patient.name[0]');
    findings(patient({ maritalStatus: {} }), 'structure Patient.maritalStatus');
    findings(patient({ language: '' }), 'value Patient.language');
  });

  test('null holds a place in an array only where an extension stands', () => {
    const extension = [{ url: 'http://x.example', valueCode: 'masked' }];
    findings(patient({ name: [{ given: ['a', null], _given: [null, { extension }] }] }));
    findings(patient({ name: [{ given: ['a', null] }] }), 'structure Patient.name[0].given[1]');
    findings(patient({ active: null }), 'structure Patient.active');
  });

  test('rules between elements are kept', () => {
    findings(patient({ extension: [{ url: 'http://x.example' }] }), 'invariant Patient.extension[0]');
    findings(patient({ telecom: [{ value: '1' }] }), 'invariant Patient.telecom[0]');
    findings(
      patient({ name: [{ period: { start: '2024', end: '2023-12' } }] }),
      'invariant Patient.name[0].period',
    );
    findings(patient({ photo: [{ data: 'QUJD' }] }), 'invariant Patient.photo[0]');
    findings(patient({ photo: [{ contentType: 'image/png', data: 'QUJ' }] }), 'value Patient.photo[0].data');
    findings(
      observation({ valueString: 'x', dataAbsentReason: { text: 'y' } }),
      'invariant Observation.dataAbsentReason',
    );
    findings(
      { ...valid('Condition'), clinicalStatus: { coding: [{ system: 'http://x.example', code: 'active' }] } },
      'invariant Condition.clinicalStatus',
    );
    for (const div of ['text', '<div><script>1</script></div>', '<div onload="x()">a</div>']) {
      findings(patient({ text: { status: 'generated', div } }), 'invariant Patient.text.div');
    }
  });

  test('references have the form of references, and contained ones lead somewhere', () => {
    for (const reference of [
      'Patient/1',
      'urn:uuid:x',
      'https://a.example/Patient/1',
      'Patient?identifier=a|b',
      '#',
    ]) {
      findings(observation({ subject: { reference } }));
    }
    for (const reference of [
      'Patient 1',
      'patient/1',
      'Patient',
      'Patient/',
      'Patient/1/',
      '/Patient/1',
      'Patient/1/x',
    ]) {
      findings(observation({ subject: { reference } }), 'invariant Observation.subject.reference');
    }
    findings(observation({ subject: { reference: '#p' } }), 'invariant Observation');
    const contained = [{ ...valid('Patient'), id: 'p' }];
    findings(observation({ subject: { reference: '#p' }, contained }));
    findings(
      observation({ contained: [{ resourceType: 'Patient', id: 'a b', gender: 'male' }] }),
      'value Observation.contained[0].id',
    );
    findings(
      observation({ contained: [{ ...valid('Patient'), contained }] }),
      'invariant Observation.contained[0]',
    );
  });

  test('a Bundle keeps its rules, and its entries theirs', () => {
    const fullUrl = 'urn:uuid:0b0f2c39-9f5f-4d4c-8c0e-0d3ad25cbb3a';
    const request = { method: 'POST', url: 'Patient' };
    findings(bundle('transaction', { fullUrl, resource: valid('Patient'), request }));
    findings(
      bundle('transaction', { fullUrl, resource: valid('Patient') }),
      'required Bundle.entry[0].request',
    );
    findings(bundle('batch', { request }), 'required Bundle.entry[0].resource');
    findings(
      bundle('collection', { resource: valid('Patient'), request }),
      'invariant Bundle.entry[0].request',
    );
    findings(
      bundle('collection', { fullUrl, resource: valid('Patient') }, { fullUrl, resource: valid('Patient') }),
      'invariant Bundle.entry[1].fullUrl',
    );
    findings(bundle('document', { resource: valid('Patient') }), 'invariant Bundle.entry[0]');
    findings(
      bundle('collection', { resource: { ...valid('Patient'), gender: 'x' } }),
      'code-invalid Bundle.entry[0].resource.gender',
    );
    findings(
      bundle('collection', { resource: { id: 'x' } }),
      'structure Bundle.entry[0].resource.resourceType',
    );
    findings(
      bundle('collection', { resource: bundle('collection', {}) }),
      'structure Bundle.entry[0].resource.entry[0]',
    );
  });

  test('no text of an issue repeats a value', () => {
    const secret = 'Geheim';
    const wrong = patient({
      id: `${secret} 1`,
      gender: secret,
      birthDate: secret,
      name: secret,
      photo: [{ data: `${secret}!`, contentType: 'a' }],
      generalPractitioner: [{ reference: `${secret} x` }],
      text: { status: 'generated', div: secret },
      [`${secret} is no name`]: 1,
      extension: [{ url: 'http://x.example', valueInteger: secret }],
    });
    const issues = validateResource(wrong);
    assert.ok(issues.length >= 8);
    assert.doesNotMatch(JSON.stringify(issues), /Geheim/);
  });

  test('a resource with thousands of mistakes gets an answer of bounded size, soon', {
    timeout: 5000,
  }, () => {
    const name = Array.from({ length: 500_000 }, () => 1);
    assert.ok(validateResource(patient({ name })).length > 0);
    assert.equal(validateResource(patient({ name: name.slice(0, 5000) })).length, MAX_ISSUES);
    // The first takes exponential time by the pattern of the published schema.
    for (const data of [`${'AAAA'.repeat(50_000)}!`, `AAAA${' '.repeat(500_000)}!`]) {
      assert.equal(validateResource(patient({ photo: [{ contentType: 'a', data }] })).length, 1);
    }
  });

  test('a resource nested without end is refused', () => {
    let extension: object = { url: 'http://x.example', valueCode: 'a' };
    for (let level = 0; level < 5000; level++)
      extension = { url: 'http://x.example', extension: [extension] };
    findings(patient({ extension: [extension] }), 'too-long Patient');
  });

  test('any JSON gets issues, never an exception', () => {
    const types = fc.constantFrom(...SERVED);
    fc.assert(
      fc.property(
        types,
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
        fc.jsonValue(),
        (type, members, any) => {
          assert.ok(Array.isArray(validateResource(any)));
          assert.ok(Array.isArray(validateResource({ ...members, resourceType: type })));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a correct resource with one element made something else never throws, and a type error is found', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SERVED),
        fc.nat(),
        fc.jsonValue({ maxDepth: 3 }),
        (type, pick, value) => {
          const resource: Record<string, unknown> = structuredClone(valid(type));
          const names = Object.keys(resource).filter((name) => name !== 'resourceType');
          const name = names[pick % names.length] ?? 'id';
          resource[name] = value;
          const issues = validateResource(resource);
          if (value === null || (typeof value === 'object' && Object.keys(value).length === 0)) {
            assert.ok(issues.length > 0, `${type}.${name}`);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('types can be made ready beforehand, unknown ones are skipped', () => {
    warmUp(['Patient', 'Zebra']);
  });
});
