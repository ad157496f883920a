// SPDX-License-Identifier: Apache-2.0
import { rangeOf } from '../search/dates.ts';

export type Members = Readonly<Record<string, unknown>>;

/** A rule of FHIR R4 between the elements of one type. `element` is where the finding points, if not at the whole. */
export interface Invariant {
  readonly id: string;
  readonly says: string;
  readonly element?: string;
  readonly holds: (value: Members) => boolean;
}

const has = (value: Members, name: string) => value[name] !== undefined || value[`_${name}`] !== undefined;
const hasChoice = (value: Members, stem: string) =>
  Object.keys(value).some((name) => name.startsWith(stem) && /^[A-Z]/.test(name.slice(stem.length)));

const CLINICAL = 'http://terminology.hl7.org/CodeSystem/condition-clinical';
const VERIFICATION = 'http://terminology.hl7.org/CodeSystem/condition-ver-status';
const ALLERGY_CLINICAL = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical';
const ALLERGY_VERIFICATION = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification';

function codesOf(concept: unknown, system: string): string[] {
  const codings = (concept as { coding?: unknown } | undefined)?.coding;
  if (!Array.isArray(codings)) return [];
  return codings.flatMap((coding) =>
    coding?.system === system && typeof coding.code === 'string' ? [coding.code] : [],
  );
}

/** A required binding of a CodeableConcept: it must have a code of the value set, which is all of one small code system. */
function bound(element: string, system: string, codes: string): Invariant {
  const allowed = codes.split(' ');
  return {
    id: 'required binding',
    says: `needs a code of ${system}: ${allowed.join(', ')}`,
    element,
    holds: (value) =>
      value[element] === undefined || codesOf(value[element], system).some((code) => allowed.includes(code)),
  };
}

// Relative (Type/id, Type?search), contained (#id) or absolute (a scheme): FHIR R4 §2.3.0.1.
const REFERENCE =
  /^(?:#\S*|[A-Z][A-Za-z]{1,63}(?:\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?|\?\S+)|[a-z][a-z0-9+.-]{0,31}:\S+)$/;
const ACTIVE_CONTENT =
  /<\s*(?:script|object|iframe|embed|form|input|base|link|meta)\b|\son\w+\s*=|javascript\s*:/i;

export const INVARIANTS: Readonly<Record<string, readonly Invariant[]>> = {
  Attachment: [
    {
      id: 'att-1',
      says: 'data needs a contentType',
      holds: (value) => !has(value, 'data') || has(value, 'contentType'),
    },
  ],
  ContactPoint: [
    {
      id: 'cpt-2',
      says: 'a value needs a system',
      holds: (value) => !has(value, 'value') || has(value, 'system'),
    },
  ],
  Extension: [
    {
      id: 'ext-1',
      says: 'needs either a value or extensions, not both',
      holds: (value) => hasChoice(value, 'value') !== (value['extension'] !== undefined),
    },
  ],
  Narrative: [
    {
      id: 'txt-1',
      says: 'must be an XHTML div without active content',
      element: 'div',
      holds: ({ div }) => typeof div === 'string' && /^\s*<div[\s>/]/.test(div) && !ACTIVE_CONTENT.test(div),
    },
  ],
  Period: [
    {
      id: 'per-1',
      says: 'must not end before it starts',
      holds: ({ start, end }) => {
        const from = typeof start === 'string' ? rangeOf(start) : undefined;
        const to = typeof end === 'string' ? rangeOf(end) : undefined;
        return !from || !to || from.start <= to.end;
      },
    },
  ],
  Quantity: [
    {
      id: 'qty-3',
      says: 'a code needs a system',
      holds: (value) => !has(value, 'code') || has(value, 'system'),
    },
  ],
  Reference: [
    {
      id: 'ref-2',
      says: 'needs a reference, an identifier or a display',
      holds: (value) =>
        has(value, 'reference') ||
        has(value, 'identifier') ||
        has(value, 'display') ||
        has(value, 'extension') ||
        has(value, 'type'),
    },
    {
      id: 'reference syntax',
      says: 'must be Type/id, #id of a contained resource or an absolute URI',
      element: 'reference',
      holds: ({ reference }) => typeof reference !== 'string' || REFERENCE.test(reference),
    },
  ],
  AllergyIntolerance: [
    bound('clinicalStatus', ALLERGY_CLINICAL, 'active inactive resolved'),
    bound('verificationStatus', ALLERGY_VERIFICATION, 'unconfirmed confirmed refuted entered-in-error'),
    {
      id: 'ait-1',
      says: 'needs a clinicalStatus unless verificationStatus is entered-in-error',
      holds: (value) =>
        has(value, 'clinicalStatus') ||
        codesOf(value['verificationStatus'], ALLERGY_VERIFICATION).includes('entered-in-error'),
    },
  ],
  Condition: [
    bound('clinicalStatus', CLINICAL, 'active recurrence relapse inactive remission resolved'),
    bound(
      'verificationStatus',
      VERIFICATION,
      'unconfirmed provisional differential confirmed refuted entered-in-error',
    ),
    {
      id: 'con-4',
      says: 'abated conditions must be inactive, resolved or in remission',
      holds: (value) =>
        !hasChoice(value, 'abatement') ||
        ['inactive', 'resolved', 'remission'].some((code) =>
          codesOf(value['clinicalStatus'], CLINICAL).includes(code),
        ),
    },
    {
      id: 'con-5',
      says: 'must have no clinicalStatus if verificationStatus is entered-in-error',
      holds: (value) =>
        !has(value, 'clinicalStatus') ||
        !codesOf(value['verificationStatus'], VERIFICATION).includes('entered-in-error'),
    },
  ],
  Observation: [
    {
      id: 'obs-6',
      says: 'must not have a dataAbsentReason beside a value',
      element: 'dataAbsentReason',
      holds: (value) => !has(value, 'dataAbsentReason') || !hasChoice(value, 'value'),
    },
  ],
};
