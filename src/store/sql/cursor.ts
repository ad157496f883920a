// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../../fhir/outcome.ts';

export type SortKey = 'updated' | 'period';

/** Where a search goes on: after the resource that is sorted at `value` (null: it has no such time) and has that id. */
export interface Place {
  readonly value: string | null;
  readonly id: string;
}

export function cursorAt(value: string | null, id: string): string {
  return Buffer.from(JSON.stringify([value, id])).toString('base64url');
}

// As `Date.toISOString` prints it.
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Throws FhirError 400: a cursor comes back from outside. */
export function readCursor(cursor: string): Place {
  try {
    const [value, id, ...more] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    const instant = value === null || (typeof value === 'string' && INSTANT.test(value));
    if (instant && typeof id === 'string' && more.length === 0) return { value, id };
  } catch {
    // Falls through: every malformed cursor gets the one answer.
  }
  throw FhirError.of(400, 'value', 'the page link is not one of ours: start the search again');
}
