// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Resource } from '../../../src/fhir/resource.ts';
import { isAboutPatients, patientsOf } from '../../../src/fhir/search/compartment.ts';
import { SERVED, valid } from '../samples.ts';

const to = (reference: string) => ({ reference });

describe('whose record a resource is', () => {
  test('a Patient is his or her own, whoever it is linked to', () => {
    const patient: Resource = { resourceType: 'Patient', id: 'p1', link: [{ other: to('Patient/p2') }] };
    assert.deepEqual(patientsOf(patient), ['p1']);
  });

  test('a clinical resource is its subject’s, not that of who took part', () => {
    assert.deepEqual(
      patientsOf({
        resourceType: 'Observation',
        subject: to('Patient/p1/_history/4'),
        performer: [to('Patient/p2')],
      }),
      ['p1'],
    );
    assert.deepEqual(
      patientsOf({
        resourceType: 'Coverage',
        policyHolder: to('Patient/p2'),
        beneficiary: to('Patient/p1'),
        payor: [to('Patient/p3')],
      }),
      ['p1', 'p2'],
    );
  });

  test('what speaks of several is in the compartment of each, once', () => {
    assert.deepEqual(
      patientsOf({
        resourceType: 'Provenance',
        target: [to('Patient/p1'), to('Observation/o'), to('Patient/p2')],
      }),
      ['p1', 'p2'],
    );
    assert.deepEqual(
      patientsOf({
        resourceType: 'AuditEvent',
        agent: [{ who: to('Patient/p2') }],
        entity: [{ what: to('Patient/p1') }, { what: to('Patient/p1') }],
      }),
      ['p1', 'p2'],
    );
    assert.deepEqual(
      patientsOf({
        resourceType: 'Bundle',
        entry: [
          { resource: { resourceType: 'Patient', id: 'p1' } },
          { resource: { resourceType: 'Condition', subject: to('Patient/p2') } },
        ],
      }),
      ['p1', 'p2'],
    );
  });

  test('a patient of another server, a group or a contained patient is none of ours', () => {
    for (const reference of ['https://them.example/fhir/Patient/p1', 'Group/p1', '#p1', 'urn:uuid:p1']) {
      assert.deepEqual(patientsOf({ resourceType: 'Observation', subject: to(reference) }), []);
    }
  });

  test('clinical types are about patients even when they name none; directories are not', () => {
    for (const type of ['Observation', 'Binary', 'Bundle', 'Consent', 'AuditEvent'])
      assert.ok(isAboutPatients(type), type);
    for (const type of ['Organization', 'Practitioner', 'Location', 'Medication'])
      assert.ok(!isAboutPatients(type), type);
  });

  test('every sample that points to a patient is in that patient’s compartment', () => {
    for (const type of SERVED) {
      const resource = valid(type);
      if (JSON.stringify(resource).includes('"Patient/p1"'))
        assert.deepEqual(patientsOf(resource), ['p1'], type);
    }
  });
});
