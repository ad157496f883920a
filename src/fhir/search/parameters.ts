// SPDX-License-Identifier: Apache-2.0
import { ADMINISTRATIVE } from './table/administrative.ts';
import { CARE } from './table/care.ts';
import { CLINICAL } from './table/clinical.ts';
import { DIAGNOSTICS } from './table/diagnostics.ts';
import { GOVERNANCE } from './table/governance.ts';
import { MEDICATIONS } from './table/medications.ts';

/** A search parameter of FHIR R4 as far as an index of keyed tokens and one period can answer it. */
export interface SearchParameter {
  readonly name: string;
  readonly kind: 'token' | 'reference' | 'date' | 'string' | 'uri';
  /** Where the values are: `name.family`, `telecom(system=phone)`. */
  readonly elements: readonly string[];
  /** The types a reference may point to; absent: any. */
  readonly targets?: readonly string[];
  /** Answered by the tokens of this parameter of the same type, restricted to `targets`: `patient` of an Observation is its `subject`. */
  readonly sameAs?: string;
  /** The element is a plain `code`: its system is FHIR's own and not written in the resource. */
  readonly primitive?: true;
  /** The clinically relevant time: compared as a range and sorted by. Other dates are found by day, month or year only. */
  readonly clinical?: true;
}

/** Of every resource type (FHIR R4 §3.1.1.3); `_id` and `_lastUpdated` are no tokens. */
export const COMMON: readonly SearchParameter[] = [
  { name: '_id', kind: 'token', elements: [] },
  { name: '_lastUpdated', kind: 'date', elements: [] },
  { name: '_tag', kind: 'token', elements: ['meta.tag'] },
  { name: '_security', kind: 'token', elements: ['meta.security'] },
  { name: '_profile', kind: 'uri', elements: ['meta.profile'] },
];

/** What the bridge can search each type by, besides `COMMON`. The CapabilityStatement follows from it. */
export const SEARCH_PARAMETERS: Readonly<Record<string, readonly SearchParameter[]>> = {
  ...ADMINISTRATIVE,
  ...CARE,
  ...CLINICAL,
  ...DIAGNOSTICS,
  ...MEDICATIONS,
  ...GOVERNANCE,
};

const NONE: readonly SearchParameter[] = [];

/** The parameters of a type's own; none for a type that is found by the common ones alone. */
export function parametersOf(type: string): readonly SearchParameter[] {
  return Object.hasOwn(SEARCH_PARAMETERS, type) ? (SEARCH_PARAMETERS[type] ?? NONE) : NONE;
}

export function parameterOf(type: string, name: string): SearchParameter | undefined {
  return (name.startsWith('_') ? COMMON : parametersOf(type)).find((parameter) => parameter.name === name);
}
