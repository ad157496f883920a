// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseJson, printJson } from '../../src/fhir/json.ts';
import {
  conditionalReferences,
  localReferences,
  readReference,
  referencesOf,
  rewriteReferences,
} from '../../src/fhir/references.ts';
import type { Resource } from '../../src/fhir/resource.ts';

const PATIENT = 'urn:uuid:6f3c2e9a-0d1b-4c59-9a53-0a4a2f1d7c11';
const observation = (): Resource => ({
  resourceType: 'Observation',
  identifier: [{ system: 'urn:ietf:rfc:3986', value: PATIENT }],
  subject: { reference: PATIENT },
  performer: [{ reference: 'Practitioner?identifier=urn:oid:1.2|77' }, { reference: 'Organization/lab' }],
  text: { status: 'generated', div: `<div><a href="${PATIENT}">patient</a><img src='x.png'/></div>` },
  extension: [{ url: PATIENT, valueUri: PATIENT }],
  contained: [{ resourceType: 'Specimen', id: 's', subject: { reference: `${PATIENT}/_history/2` } }],
});

describe('references', () => {
  test('literal ones are taken apart; fragments, names and searches are none', () => {
    assert.deepEqual(readReference('Patient/p1'), { type: 'Patient', id: 'p1' });
    assert.deepEqual(readReference('Patient/p1/_history/3'), { type: 'Patient', id: 'p1', version: '3' });
    assert.deepEqual(readReference('https://a.example/x/fhir/Patient/p1'), {
      type: 'Patient',
      id: 'p1',
      base: 'https://a.example/x/fhir',
    });
    for (const text of [
      '#p',
      PATIENT,
      'Patient?identifier=1',
      'patient/1',
      'Patient/',
      'Patient/a b',
      '',
      5,
      null,
    ]) {
      assert.equal(readReference(text), undefined);
    }
  });

  test('all of a resource are listed once, contained ones too', () => {
    assert.deepEqual(referencesOf(observation()), [
      PATIENT,
      'Practitioner?identifier=urn:oid:1.2|77',
      'Organization/lab',
      `${PATIENT}/_history/2`,
    ]);
    assert.deepEqual(conditionalReferences(observation()), ['Practitioner?identifier=urn:oid:1.2|77']);
  });

  test('a rewritten resource points to the final names everywhere, and its identifiers stay', () => {
    const names = new Map([
      [PATIENT, 'Patient/17'],
      ['Practitioner?identifier=urn:oid:1.2|77', 'Practitioner/9'],
    ]);
    const before = observation();
    const after = rewriteReferences(before, names);
    assert.deepEqual(referencesOf(after), ['Patient/17', 'Practitioner/9', 'Organization/lab']);
    assert.deepEqual(after['identifier'], before['identifier']);
    assert.equal((after['extension'] as { valueUri: string }[])[0]?.valueUri, 'Patient/17');
    assert.match((after['text'] as { div: string }).div, /href="Patient\/17".*src='x.png'/);
    assert.deepEqual(before, observation());
  });

  test('a rewritten resource keeps the literals of its numbers', () => {
    const resource = parseJson(
      '{"resourceType":"Observation","subject":{"reference":"urn:uuid:a"},"valueQuantity":{"value":1.50}}',
    ) as Resource;
    assert.equal(
      printJson(rewriteReferences(resource, new Map([['urn:uuid:a', 'Patient/1']]))),
      '{"resourceType":"Observation","subject":{"reference":"Patient/1"},"valueQuantity":{"value":1.50}}',
    );
  });

  test('absolute references to ourselves become relative, others stay', () => {
    const resource: Resource = {
      resourceType: 'Observation',
      subject: { reference: 'https://us.example/fhir/Patient/1' },
      focus: [{ reference: 'https://them.example/fhir/Patient/1' }],
    };
    assert.deepEqual(referencesOf(localReferences(resource, 'https://us.example/fhir')), [
      'Patient/1',
      'https://them.example/fhir/Patient/1',
    ]);
  });
});
