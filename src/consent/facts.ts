// SPDX-License-Identifier: Apache-2.0
import type { Code, Period, ResourceFacts } from '@mooring/chaincode/terms';
import type { Resource } from '../fhir/resource.ts';
import { type Range, rangeOf } from '../fhir/search/dates.ts';

/** Elements by which resources say what they are: `Consent.provision.code` is compared with all of them. */
const CODES = [
  ...[
    'code',
    'category',
    'type',
    'class',
    'vaccineCode',
    'medicationCodeableConcept',
    'serviceType',
    'reasonCode',
  ],
  ...['subType', 'substance'],
];

/** When it happened, rather than when it was written down; the first that is there counts. */
const TIMES = [
  ...['effectiveDateTime', 'effectivePeriod', 'effectiveInstant', 'occurrenceDateTime', 'occurrencePeriod'],
  ...[
    'performedDateTime',
    'performedPeriod',
    'onsetDateTime',
    'onsetPeriod',
    'period',
    'started',
    'whenHandedOver',
  ],
  ...['recordedDate', 'authoredOn', 'date', 'dateTime', 'created', 'issued', 'sent', 'recorded'],
];

/** What the decision needs to know of a resource. */
export function factsOf(resource: Resource): ResourceFacts {
  const period = periodOf(resource);
  return {
    type: resource.resourceType,
    id: resource.id ?? '',
    codes: CODES.flatMap((name) => codesIn(resource[name])),
    labels: codesIn(resource.meta?.security),
    ...(period ? { period } : {}),
  };
}

/** Coding, CodeableConcept, code, and lists of them. */
function codesIn(value: unknown): Code[] {
  if (Array.isArray(value)) return value.flatMap(codesIn);
  if (typeof value === 'string') return [{ code: value }];
  if (typeof value !== 'object' || value === null) return [];
  const { coding, system, code } = value as { coding?: unknown; system?: unknown; code?: unknown };
  if (coding !== undefined) return codesIn(coding);
  if (typeof code !== 'string') return [];
  return [typeof system === 'string' ? { system, code } : { code }];
}

function periodOf(resource: Resource): Period | undefined {
  for (const name of TIMES) {
    const value = resource[name];
    if (typeof value === 'string') return closed(rangeOf(value));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
    const { start, end } = value as { start?: unknown; end?: unknown };
    if (start === undefined && end === undefined) continue;
    const from = closed(rangeOf(String(start ?? '')))?.start;
    const to = closed(rangeOf(String(end ?? '')))?.end;
    return { ...(from ? { start: from } : {}), ...(to ? { end: to } : {}) };
  }
  return undefined;
}

function closed(range: Range | undefined): Range | undefined {
  return range && { start: range.start, end: range.end };
}
