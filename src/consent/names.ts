// SPDX-License-Identifier: Apache-2.0
import { MOORING_BASE } from '../fhir/resource.ts';

/** Extensions of Consent: which version the patient signed, the salt of its terms, the signature. */
export const VERSION_EXTENSION = `${MOORING_BASE}/StructureDefinition/terms-version`;
export const SALT_EXTENSION = `${MOORING_BASE}/StructureDefinition/terms-salt`;
export const SIGNATURE_EXTENSION = `${MOORING_BASE}/StructureDefinition/patient-signature`;
/** Extension of a permitting provision: one top-level element that is masked. */
export const MASK_EXTENSION = `${MOORING_BASE}/StructureDefinition/mask`;

/** Identifier system of participants of the ledger. */
export const PARTICIPANT_SYSTEM = `${MOORING_BASE}/participant`;
/** `actor.role`: any participant in this role. */
export const PARTICIPANT_ROLE_SYSTEM = `${MOORING_BASE}/CodeSystem/participant-role`;

export const SCOPE_SYSTEM = 'http://terminology.hl7.org/CodeSystem/consentscope';
export const POLICY_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
export const PARTICIPATION_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
export const CLASS_SYSTEM = 'http://hl7.org/fhir/resource-types';
/** ASTM E1762: "Consent Signature". */
export const CONSENT_SIGNATURE_TYPE = {
  system: 'urn:iso-astm:E1762-95:2013',
  code: '1.2.840.10065.1.12.1.7',
} as const;
