// SPDX-License-Identifier: Apache-2.0
import { readReference } from '../references.ts';
import type { Resource } from '../resource.ts';
import { valuesAt } from './elements.ts';

/**
 * Where each type says whose record it is: the patient compartment of FHIR R4, without the elements by which a patient merely took part
 * (performer, author, recorder). Who wrote down another's allergy doesn't thereby own it, nor does its key seal it. The first element
 * comes first: the first patient's key encrypts.
 */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  Account: ['subject'],
  AdverseEvent: ['subject'],
  AllergyIntolerance: ['patient'],
  Appointment: ['participant.actor'],
  AppointmentResponse: ['actor'],
  AuditEvent: ['entity.what', 'agent.who'],
  Basic: ['subject'],
  Binary: ['securityContext'],
  BodyStructure: ['patient'],
  CarePlan: ['subject'],
  CareTeam: ['subject'],
  ChargeItem: ['subject'],
  Claim: ['patient'],
  ClaimResponse: ['patient'],
  ClinicalImpression: ['subject'],
  Communication: ['subject', 'about'],
  CommunicationRequest: ['subject', 'about'],
  Composition: ['subject'],
  Condition: ['subject'],
  Consent: ['patient'],
  Contract: ['subject'],
  Coverage: ['beneficiary', 'subscriber', 'policyHolder'],
  CoverageEligibilityRequest: ['patient'],
  CoverageEligibilityResponse: ['patient'],
  DetectedIssue: ['patient'],
  Device: ['patient'],
  DeviceRequest: ['subject'],
  DeviceUseStatement: ['subject'],
  DiagnosticReport: ['subject'],
  DocumentManifest: ['subject'],
  DocumentReference: ['subject'],
  Encounter: ['subject'],
  EnrollmentRequest: ['candidate'],
  EpisodeOfCare: ['patient'],
  ExplanationOfBenefit: ['patient'],
  FamilyMemberHistory: ['patient'],
  Flag: ['subject'],
  Goal: ['subject'],
  Group: ['member.entity'],
  GuidanceResponse: ['subject'],
  ImagingStudy: ['subject'],
  Immunization: ['patient'],
  ImmunizationEvaluation: ['patient'],
  ImmunizationRecommendation: ['patient'],
  Invoice: ['subject', 'recipient'],
  List: ['subject'],
  MeasureReport: ['subject'],
  Media: ['subject'],
  MedicationAdministration: ['subject'],
  MedicationDispense: ['subject'],
  MedicationRequest: ['subject'],
  MedicationStatement: ['subject'],
  MessageHeader: ['focus'],
  MolecularSequence: ['patient'],
  NutritionOrder: ['patient'],
  Observation: ['subject', 'focus'],
  Person: ['link.target'],
  Procedure: ['subject'],
  Provenance: ['target'],
  QuestionnaireResponse: ['subject'],
  RelatedPerson: ['patient'],
  RequestGroup: ['subject'],
  ResearchSubject: ['individual'],
  RiskAssessment: ['subject'],
  Schedule: ['actor'],
  ServiceRequest: ['subject'],
  Specimen: ['subject'],
  SupplyDelivery: ['patient'],
  SupplyRequest: ['deliverTo'],
  Task: ['for'],
  VisionPrescription: ['patient'],
};

/**
 * Whether resources of this type are normally about a patient. One that names none (a result nobody could attribute, a subject known by
 * identifier or contained only) is clinical all the same: it must not pass for common knowledge, as an Organization does.
 */
export function isAboutPatients(type: string): boolean {
  return type === 'Patient' || type === 'Bundle' || type === 'Parameters' || Object.hasOwn(OWNERS, type);
}

/** Logical ids of our patients in whose compartment the resource lies, each once. */
export function patientsOf(resource: Resource): string[] {
  const ids = new Set<string>();
  if (resource.resourceType === 'Patient' && typeof resource.id === 'string') ids.add(resource.id);
  if (resource.resourceType === 'Bundle') addEntries(resource, ids);
  const owners = Object.hasOwn(OWNERS, resource.resourceType) ? OWNERS[resource.resourceType] : undefined;
  for (const path of owners ?? []) {
    for (const value of valuesAt(resource, path)) {
      const target = readReference((value as { reference?: unknown }).reference);
      if (target?.type === 'Patient' && !target.base) ids.add(target.id);
    }
  }
  return [...ids];
}

// A Bundle kept as such (a document, a message) is a record of everyone whose resources it holds.
function addEntries(bundle: Resource, ids: Set<string>): void {
  for (const entry of valuesAt(bundle, 'entry.resource')) {
    if (typeof (entry as Resource).resourceType !== 'string') continue;
    for (const id of patientsOf(entry as Resource)) ids.add(id);
  }
}
