// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../outcome.ts';
import { clauseOf } from './clauses.ts';
import { parameterOf, parametersOf } from './parameters.ts';
import type { Clause, Search } from './query.ts';

export interface ParsedSearch {
  readonly search: Search;
  /** Resources a page. */
  readonly count: number;
  /** Parameters we don't know: left out of the search, or refused, as the client's `Prefer: handling` says. */
  readonly ignored: readonly string[];
  readonly summary?: string;
  readonly elements?: readonly string[];
}

export const DEFAULT_COUNT = 20;
export const MAX_COUNT = 200;
/** A search is answered by joining its clauses, so their number is bounded. */
export const MAX_CLAUSES = 40;
export const MAX_VALUE_CHARS = 8192;

const SUMMARIES = ['true', 'false', 'text', 'data', 'count'];
/** Say how to write the answer, not what to find. */
const PRESENTATION = new Set(['_format', '_pretty']);

/**
 * Reads the query of a search on one type, as it was decoded from the URL or the form. `base` is our own FHIR base, so that absolute
 * references to ourselves are understood. Throws FhirError 400, naming the parameter, never its value, for what is known but wrong.
 */
export function parseSearch(
  type: string,
  params: Iterable<readonly [string, string]>,
  base?: string,
): ParsedSearch {
  const where: Clause[] = [];
  const ignored: string[] = [];
  let sort: Search['sort'] = { by: 'updated', descending: true };
  let count = DEFAULT_COUNT;
  let summary: string | undefined;
  let elements: readonly string[] | undefined;
  for (const [name, value] of params) {
    if (PRESENTATION.has(name)) continue;
    if (value.length > MAX_VALUE_CHARS) {
      throw FhirError.of(400, 'too-long', `a search parameter is longer than ${MAX_VALUE_CHARS} characters`);
    }
    if (name === '_count') count = readCount(value);
    else if (name === '_sort') sort = readSort(type, value);
    else if (name === '_summary') summary = readSummary(value);
    else if (name === '_elements') elements = readElements(value);
    else {
      const clause = value === '' ? undefined : readClause(type, name, value, base);
      if (clause) where.push(clause);
      else ignored.push(name);
    }
  }
  if (where.length > MAX_CLAUSES) {
    throw FhirError.of(400, 'too-long', `more than ${MAX_CLAUSES} search parameters: use fewer`);
  }
  return {
    search: { type, where, sort },
    count,
    ignored,
    ...(summary ? { summary } : {}),
    ...(elements ? { elements } : {}),
  };
}

function readClause(
  type: string,
  qualified: string,
  value: string,
  base: string | undefined,
): Clause | undefined {
  const [, name = '', modifier] = /^([^:.]+)(?::([^.]*))?/.exec(qualified) ?? [];
  const parameter = parameterOf(type, name);
  if (!parameter) return undefined;
  if (qualified.includes('.')) {
    throw FhirError.of(
      400,
      'not-supported',
      `search parameter ${name}: chained parameters are not supported`,
    );
  }
  return clauseOf(parameter, modifier, value, base);
}

function readCount(value: string): number {
  if (!/^\d{1,9}$/.test(value)) {
    throw FhirError.of(400, 'value', 'search parameter _count: expected a whole number');
  }
  // FHIR R4 §3.1.1.6.2: a server may send fewer than asked for, never more; zero asks for no entries at all.
  return Math.min(Number(value), MAX_COUNT);
}

function readSort(type: string, value: string): Search['sort'] {
  const descending = value.startsWith('-');
  const key = descending ? value.slice(1) : value;
  if (key === '_lastUpdated') return { by: 'updated', descending };
  const clinical = parametersOf(type).find((parameter) => parameter.clinical);
  if (clinical && (key === clinical.name || key === 'date')) return { by: 'period', descending };
  const known = clinical ? `_lastUpdated or ${clinical.name}` : '_lastUpdated';
  throw FhirError.of(400, 'not-supported', `search parameter _sort: ${type} can be sorted by ${known} alone`);
}

function readSummary(value: string): string {
  if (SUMMARIES.includes(value)) return value;
  throw FhirError.of(400, 'value', `search parameter _summary: expected one of ${SUMMARIES.join(', ')}`);
}

function readElements(value: string): readonly string[] {
  const names = value.split(',').map((name) => name.trim());
  if (names.every((name) => /^[a-z]\w*$/i.test(name))) return names;
  throw FhirError.of(
    400,
    'value',
    'search parameter _elements: expected names of elements, separated by commas',
  );
}
