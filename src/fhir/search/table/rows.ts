// SPDX-License-Identifier: Apache-2.0
import type { SearchParameter } from '../parameters.ts';

/** Words in which the tables are written. Names and elements are those of the FHIR R4 search parameter registry. */

export const token = (name: string, ...elements: string[]): SearchParameter => ({
  name,
  kind: 'token',
  elements,
});
/** A token whose element is a `code` or a boolean. */
export const code = (name: string, ...elements: string[]): SearchParameter => ({
  name,
  kind: 'token',
  elements,
  primitive: true,
});
export const string = (name: string, ...elements: string[]): SearchParameter => ({
  name,
  kind: 'string',
  elements,
});
export const uri = (name: string, ...elements: string[]): SearchParameter => ({
  name,
  kind: 'uri',
  elements,
});

/** Found by the day, month or year. */
export const date = (name: string, ...elements: string[]): SearchParameter => ({
  name,
  kind: 'date',
  elements,
});

/** The type's clinically relevant time; one a type. */
export const when = (name: string, ...elements: string[]): SearchParameter => ({
  name,
  kind: 'date',
  elements,
  clinical: true,
});

/** `targets` in words; `*` is any type. */
export const reference = (name: string, targets: string, ...elements: string[]): SearchParameter => ({
  name,
  kind: 'reference',
  elements,
  ...(targets === '*' ? {} : { targets: targets.split(' ') }),
});

/** `subject`, and `patient` for those subjects that are patients. */
export const subject = (
  targets = 'Patient Group Device Location',
  element = 'subject',
): readonly SearchParameter[] => [
  reference('subject', targets, element),
  { name: 'patient', kind: 'reference', elements: [element], targets: ['Patient'], sameAs: 'subject' },
];

export const identifier = token('identifier', 'identifier');
export const status = code('status', 'status');
export const encounter = reference('encounter', 'Encounter', 'encounter');
export const PERFORMERS =
  'Practitioner PractitionerRole Organization CareTeam Patient RelatedPerson Device HealthcareService';
// Each text costs up to 13 tokens: `address`, which would repeat these, and the country, which finds everybody, are left out.
export const ADDRESS = [
  string('address-city', 'address.city'),
  string('address-state', 'address.state'),
  string('address-postalcode', 'address.postalCode'),
];
export const TELECOM = [
  token('telecom', 'telecom'),
  token('phone', 'telecom(system=phone)'),
  token('email', 'telecom(system=email)'),
];
