// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../../fhir/outcome.ts';
import { conditionalReferences } from '../../fhir/references.ts';
import { parseSearch } from '../../fhir/search/parse.ts';
import type { Search } from '../../fhir/search/query.ts';
import type { Change, Unit } from '../store.ts';

/** A unit and everything about the present that must be known before it can be applied. */
export interface Prepared {
  readonly unit: Unit;
  /** Resources named by their id. */
  readonly named: readonly { readonly type: string; readonly id: string }[];
  /** One a change, where it depends on a condition. */
  readonly conditions: readonly (Search | undefined)[];
  /** `Patient?identifier=…` as it stands in a reference, and what it looks for. */
  readonly references: ReadonlyMap<string, Search>;
}

/** Throws FhirError 400 for a unit that makes no sense whatever the store holds. */
export function prepare(unit: Unit): Prepared {
  const references = new Map<string, Search>();
  for (const change of unit.changes) {
    if (change.op === 'delete') continue;
    for (const reference of conditionalReferences(change.resource))
      if (!references.has(reference)) references.set(reference, parseReference(reference));
  }
  return {
    unit,
    named: unit.changes.flatMap(nameOf),
    conditions: unit.changes.map(conditionOf),
    references,
  };
}

function nameOf(change: Change): { type: string; id: string }[] {
  if (change.op === 'delete') return [{ type: change.type, id: change.id }];
  const { resourceType: type, id } = change.resource;
  if (id !== undefined) return [{ type, id }];
  if (change.op === 'update' && !change.where)
    throw FhirError.of(400, 'required', 'an update names the resource by its id', `${type}.id`);
  return [];
}

function conditionOf(change: Change): Search | undefined {
  switch (change.op) {
    case 'create':
      return change.ifNoneExist;
    case 'update':
      return change.where;
    case 'merge':
      return change.knownBy.length === 0 ? undefined : anyOf(change.resource.resourceType, change.knownBy);
    case 'delete':
      return undefined;
    default:
      return change satisfies never;
  }
}

function anyOf(type: string, tokens: readonly string[]): Search {
  return {
    type,
    where: [{ kind: 'token', anyOf: tokens, negated: false }],
    sort: { by: 'updated', descending: false },
  };
}

function parseReference(reference: string): Search {
  const at = reference.indexOf('?');
  const { search, ignored } = parseSearch(
    reference.slice(0, at),
    new URLSearchParams(reference.slice(at + 1)),
  );
  // FHIR R4 §3.1.0.11.2: a condition that is only partly understood could name another resource.
  if (search.where.length === 0 || ignored.length > 0)
    throw FhirError.of(
      400,
      'not-supported',
      'a conditional reference uses a parameter that is not supported',
    );
  return search;
}
