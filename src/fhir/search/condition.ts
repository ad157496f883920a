// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../outcome.ts';
import { parseSearch } from './parse.ts';
import type { Search } from './query.ts';

/**
 * The search of a conditional interaction, such as `identifier=urn:oid:1.2|4711`. Stricter than a search: a parameter left out would
 * make the condition hold for others too, and an empty condition holds for all. `element` is where the text stands, for the error.
 */
export function readCondition(type: string, query: string, element?: string): Search {
  const { search, ignored } = naming(element, () => parseSearch(type, new URLSearchParams(query)));
  if (ignored.length > 0) {
    throw FhirError.of(
      400,
      'not-supported',
      located(element, 'the condition has a parameter that is not supported'),
      element,
    );
  }
  if (search.where.length === 0) {
    throw FhirError.of(
      400,
      'required',
      located(element, 'the condition is empty: expected search parameters'),
      element,
    );
  }
  return search;
}

function naming<T>(element: string | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FhirError) || element === undefined) throw error;
    const issues = error.issues.map((issue) => ({
      ...issue,
      diagnostics: located(element, issue.diagnostics),
      expression: element,
    }));
    throw new FhirError(error.status, issues, { cause: error });
  }
}

function located(element: string | undefined, says: string): string {
  return element === undefined ? says : `${element}: ${says}`;
}
