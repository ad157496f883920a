// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../../src/fhir/resource.ts';

const code = { text: 'x' };
const subject = { reference: 'Patient/p1' };
const coded = (system: string, value: string) => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code: value }],
});

/** The smallest correct resource of each type, and a little. */
const SAMPLES: Readonly<Record<string, object>> = {
  Account: { status: 'active', subject: [subject] },
  AllergyIntolerance: {
    clinicalStatus: coded('allergyintolerance-clinical', 'active'),
    category: ['food'],
    patient: subject,
    reaction: [{ manifestation: [code], severity: 'mild' }],
  },
  Appointment: { status: 'booked', participant: [{ actor: subject, status: 'accepted' }] },
  AuditEvent: {
    type: { code: 'rest' },
    action: 'R',
    recorded: '2024-01-01T00:00:00Z',
    outcome: '0',
    agent: [{ requestor: true }],
    source: { observer: { display: 'x' } },
  },
  Basic: { code },
  Binary: { contentType: 'text/plain', data: 'QUJD' },
  Bundle: { type: 'collection' },
  CareTeam: { status: 'active', subject },
  Communication: { status: 'completed', payload: [{ contentString: 'x' }] },
  Condition: { clinicalStatus: coded('condition-clinical', 'active'), code, subject },
  Consent: {
    status: 'active',
    scope: coded('consentscope', 'patient-privacy'),
    category: [code],
    patient: subject,
    policyRule: code,
    provision: { type: 'permit', period: { start: '2024', end: '2025-01-01' } },
  },
  Coverage: { status: 'active', beneficiary: subject, payor: [{ reference: 'Organization/o1' }] },
  Device: { status: 'active', deviceName: [{ name: 'x', type: 'user-friendly-name' }] },
  DiagnosticReport: { status: 'final', code, subject },
  DocumentReference: { status: 'current', content: [{ attachment: { contentType: 'text/plain' } }] },
  Encounter: { status: 'finished', class: { code: 'IMP' }, subject },
  EpisodeOfCare: { status: 'active', patient: subject },
  Immunization: {
    status: 'completed',
    vaccineCode: code,
    patient: subject,
    occurrenceDateTime: '2024-01-01',
  },
  Location: { status: 'active', name: 'x', position: { longitude: 1.5, latitude: 2 } },
  Medication: { code },
  MedicationDispense: { status: 'completed', medicationCodeableConcept: code, subject },
  MedicationRequest: { status: 'active', intent: 'order', medicationCodeableConcept: code, subject },
  MedicationStatement: { status: 'active', medicationReference: { reference: 'Medication/m' }, subject },
  MessageHeader: { eventCoding: { code: 'x' }, source: { endpoint: 'http://x.example' } },
  Observation: { status: 'final', code, subject, effectiveDateTime: '2024-01-01' },
  OperationOutcome: { issue: [{ severity: 'error', code: 'invalid' }] },
  Organization: { active: true, name: 'x' },
  Parameters: { parameter: [{ name: 'x', valueString: 'y' }] },
  Patient: {
    active: true,
    name: [{ family: 'x', given: ['y'] }],
    gender: 'other',
    birthDate: '1980-02-29',
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div>' },
  },
  Practitioner: { name: [{ text: 'x' }] },
  PractitionerRole: { practitioner: { reference: 'Practitioner/d' }, code: [code] },
  Procedure: { status: 'completed', code, subject, performedPeriod: { start: '2024-01-01T10:00:00+01:00' } },
  Provenance: { target: [subject], recorded: '2024-01-01T00:00:00Z', agent: [{ who: { display: 'x' } }] },
  RelatedPerson: { patient: subject },
  ServiceRequest: { status: 'active', intent: 'order', subject },
  Specimen: { status: 'available', subject, collection: { collectedDateTime: '2024-01-01' } },
  Subscription: {
    status: 'requested',
    reason: 'x',
    criteria: 'Observation?code=x',
    channel: { type: 'rest-hook', endpoint: 'https://x.example' },
  },
  Task: { status: 'requested', intent: 'order', for: subject },
};

export const SERVED: readonly string[] = Object.keys(SAMPLES);

export function valid(type: string): Resource {
  return { ...structuredClone(SAMPLES[type]), resourceType: type, id: 'x1' };
}
