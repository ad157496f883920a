// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AuditFacts, auditEvent } from '../../src/audit/event.ts';
import { patientsOf } from '../../src/fhir/search/compartment.ts';
import { validateResource } from '../../src/fhir/validate.ts';

const facts = fc.record(
  {
    action: fc.constantFrom('C', 'R', 'U', 'D', 'E'),
    interaction: fc.constantFrom(
      'read',
      'search-type',
      'transaction',
      'hl7v2',
      'token',
      '$everything',
      '$verify',
    ),
    outcome: fc.constantFrom('success', 'denied', 'failed'),
    agent: fc.record(
      { participant: fc.constant('clinic'), client: fc.constantFrom('ehr', 'app') },
      { requiredKeys: ['participant'] },
    ),
    purpose: fc.constantFrom('TREAT', 'ETREAT'),
    patient: fc.constantFrom('p1', 'p2'),
    entities: fc.array(fc.constantFrom('Patient/p1', 'Observation/o1/_history/2', 'Patient'), {
      maxLength: 3,
    }),
    basis: fc.constantFrom('NO_CONSENT', 'Consent c1 version 1 provision'),
    at: fc.constant('2026-03-01T12:00:00.000Z'),
  },
  { requiredKeys: ['action', 'interaction', 'outcome', 'agent', 'entities', 'at'] },
) as fc.Arbitrary<AuditFacts>;

test('whatever happened, its AuditEvent is valid FHIR with one requestor and belongs to the patient concerned', () => {
  fc.assert(
    fc.property(facts, (happened) => {
      const { patient, event } = auditEvent(happened);
      assert.deepEqual(validateResource(event), []);
      assert.equal(patient, happened.patient);
      if (patient !== undefined) assert.equal(patientsOf(event)[0], patient);
      const agents = event['agent'] as { requestor: boolean }[];
      assert.equal(agents.filter(({ requestor }) => requestor).length, 1);
    }),
    { numRuns: 300 },
  );
});

test('a denial reads as a minor failure, with its reason', () => {
  const { event } = auditEvent({
    action: 'R',
    interaction: 'read',
    outcome: 'denied',
    agent: { participant: 'clinic' },
    entities: ['Observation/o1/_history/1'],
    basis: 'NO_CONSENT',
    at: '2026-03-01T12:00:00Z',
  });
  assert.equal(event['outcome'], '4');
  assert.equal(event['outcomeDesc'], 'NO_CONSENT');
});
