// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../../fhir/outcome.ts';
import type { Resource } from '../../fhir/resource.ts';
import { indexResource } from '../../fhir/search/indexing.ts';
import type { Search } from '../../fhir/search/query.ts';
import { isTestData } from '../../fhir/test-data.ts';
import type { Change, Stored } from '../store.ts';
import type { Prepared } from './prepare.ts';
import { Planned, type Present } from './present.ts';

/** Which resource a change turned out to mean. */
export interface Target {
  readonly type: string;
  readonly id: string;
  /** A conditional create that found one, or a named one that is there already. */
  readonly leave: boolean;
}

export interface Targets {
  readonly targets: readonly Target[];
  /** What references of the unit are rewritten to: `urn:uuid:…`, a conditional reference, or an id that the store knows better. */
  readonly names: ReadonlyMap<string, string>;
}

/** Finds out what each change of the unit means, before any is made. Throws FhirError 412 when a condition finds several. */
export function findTargets(prepared: Prepared, present: Present, newId: () => string): Targets {
  const names = new Map<string, string>();
  const planned = new Planned();
  const targets = prepared.unit.changes.map((change, position) => {
    const target = targetOf(change, prepared.conditions[position], { present, planned, newId });
    if (change.op === 'delete') return target;
    const name = `${target.type}/${target.id}`;
    if (change.fullUrl !== undefined && change.fullUrl !== name) names.set(change.fullUrl, name);
    const proposed = `${target.type}/${change.resource.id}`;
    if (change.resource.id !== undefined && proposed !== name) names.set(proposed, name);
    if (!target.leave) planned.add(target.id, change.resource);
    return target;
  });
  for (const [reference, search] of prepared.references) {
    const found = idsFoundBy(search, present, planned);
    if (found.length !== 1)
      throw FhirError.of(
        412,
        found.length === 0 ? 'not-found' : 'multiple-matches',
        `a conditional reference to ${search.type} matches ${found.length} resources, not one`,
      );
    names.set(reference, `${search.type}/${found[0]}`);
  }
  return { targets, names };
}

interface Known {
  readonly present: Present;
  readonly planned: Planned;
  readonly newId: () => string;
}

function targetOf(change: Change, condition: Search | undefined, known: Known): Target {
  switch (change.op) {
    case 'create':
      return createTarget(change.resource, condition, known);
    case 'update':
      return { ...updateTarget(change.resource, condition, known), leave: false };
    case 'merge': {
      const { resourceType: type, id } = change.resource;
      const found = condition && knownAs(change, condition, known);
      return { type, id: found ?? id ?? known.newId(), leave: false };
    }
    case 'delete':
      return { type: change.type, id: change.id, leave: false };
    default:
      return change satisfies never;
  }
}

/** FHIR R4 §3.1.0.8.1: a conditional create does nothing when it finds one and fails when it finds several. */
function createTarget(
  { resourceType: type, id }: Resource,
  condition: Search | undefined,
  known: Known,
): Target {
  const found = condition ? onlyOne(condition, known) : undefined;
  if (found !== undefined) return { type, id: found, leave: true };
  if (id === undefined) return { type, id: known.newId(), leave: false };
  const existing = known.present.current(type, id);
  return { type, id, leave: existing !== undefined && !existing.deleted };
}

/** FHIR R4 §3.1.0.4.3: a conditional update creates, updates the one it finds, or fails. */
function updateTarget({ resourceType: type, id }: Resource, condition: Search | undefined, known: Known) {
  if (!condition) return { type, id: id as string };
  const found = onlyOne(condition, known);
  if (found === undefined) {
    if (id !== undefined && known.present.current(type, id)?.deleted === false)
      throw FhirError.of(
        409,
        'conflict',
        `the condition finds nothing, but ${type}/${id} is another resource`,
      );
    return { type, id: id ?? known.newId() };
  }
  if (id !== undefined && id !== found)
    throw FhirError.of(
      400,
      'invalid',
      `the condition finds another resource than ${type}/${id}`,
      `${type}.id`,
    );
  return { type, id: found };
}

function onlyOne(condition: Search, { present, planned }: Known): string | undefined {
  const found = idsFoundBy(condition, present, planned);
  if (found.length > 1)
    throw FhirError.of(412, 'multiple-matches', `the condition on ${condition.type} finds several resources`);
  return found[0];
}

/**
 * Which of the resources with one of these tokens is meant. One that was merged into another stands back for it; among several the
 * proposed id decides, then the order of the tokens, most telling first. What is still ambiguous is for people to decide, not for us.
 */
function knownAs(
  { knownBy: tokens, resource }: Extract<Change, { op: 'merge' }>,
  condition: Search,
  { present, planned }: Known,
): string | undefined {
  const { id: proposed } = resource;
  const before = planned.find(condition)[0];
  if (before !== undefined) return before;
  // Test data may have the numbers of a real record, and is another one.
  const isTest = isTestData(resource);
  const found = present.find(condition).filter((stored) => isTestData(stored.resource) === isTest);
  const standing = found.filter(({ resource }) => !isReplaced(resource));
  const meant = standing.length > 0 ? standing : found;
  if (meant.length <= 1 || meant.some(({ id }) => id === proposed)) {
    return meant.length <= 1 ? meant[0]?.id : proposed;
  }
  for (const token of tokens) {
    const having = meant.filter((stored) => hasToken(stored, token));
    if (having.length === 1) return having[0]?.id;
  }
  throw FhirError.of(412, 'multiple-matches', `several ${condition.type} resources have these identifiers`);
}

function hasToken(stored: Stored, token: string): boolean {
  return indexResource(stored.resource).tokens.includes(token);
}

function isReplaced(resource: Resource): boolean {
  const links = resource['link'];
  return Array.isArray(links) && links.some((link: { type?: unknown }) => link?.type === 'replaced-by');
}

function idsFoundBy(search: Search, present: Present, planned: Planned): string[] {
  return [...new Set([...present.find(search).map(({ id }) => id), ...planned.find(search)])];
}
