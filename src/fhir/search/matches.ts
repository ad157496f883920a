// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../resource.ts';
import { compares, type Range, rangeOf } from './dates.ts';
import { indexResource } from './indexing.ts';
import type { Clause, Search, SearchIndex } from './query.ts';

/**
 * Whether a search finds the resource, read in clear. The store asks it of what its keyed hashes found, since two tokens may share a hash;
 * tests ask it instead of the store.
 */
export function matches(resource: Resource, search: Search): boolean {
  if (resource.resourceType !== search.type) return false;
  const needsIndex = search.patients || search.where.some((clause) => clause.kind !== 'id');
  if (!needsIndex) return search.where.every((clause) => holds(clause, resource, NOTHING, NO_TOKENS));
  const index = indexResource(resource);
  const limit = search.patients;
  if (limit && index.patients.length > 0 && !index.patients.some((id) => limit.includes(id))) return false;
  const tokens = new Set(index.tokens);
  return search.where.every((clause) => holds(clause, resource, index, tokens));
}

const NOTHING: SearchIndex = { tokens: [], patients: [] };
const NO_TOKENS: ReadonlySet<string> = new Set();

function holds(clause: Clause, resource: Resource, index: SearchIndex, tokens: ReadonlySet<string>): boolean {
  switch (clause.kind) {
    case 'token':
      return clause.anyOf.some((token) => tokens.has(token)) !== clause.negated;
    case 'id':
      return resource.id !== undefined && clause.anyOf.includes(resource.id);
    case 'date': {
      const target: Range | undefined =
        clause.of === 'period' ? index.period : rangeOf(resource.meta?.lastUpdated ?? '');
      return target !== undefined && compares(clause.comparison, target, clause);
    }
    default:
      throw new TypeError(`no such clause: ${clause satisfies never}`);
  }
}
