// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../../fhir/resource.ts';
import type { IndexToken } from '../../fhir/search/query.ts';
import { ofNoSystem, ofSystem } from '../../fhir/search/tokens.ts';
import type { ConversionEntry } from '../convert.ts';
import { type Element, isSame } from '../element.ts';
import { identifying } from '../identity/identifiers.ts';
import type { Instance } from '../instance.ts';
import type { Run } from '../run.ts';
import { fieldBehind } from './origins.ts';

const BUNDLE = 'Bundle';

/** The resources of a conversion, each once, with those that they contain. */
export function uniteSame(run: Run): Instance[] {
  const byName = new Map<string, Instance>();
  for (const instance of run.instances) {
    const id = run.idOf(instance);
    if (instance.type === BUNDLE) continue;
    instance.resource['id'] = id;
    if (instance.container) {
      contain(instance.container, instance);
      continue;
    }
    const name = `${instance.type}/${id}`;
    const same = byName.get(name);
    if (!same) byName.set(name, instance);
    else {
      instance.same = same;
      absorb(same, instance, run);
    }
  }
  return [...byName.values()];
}

/** What the message says of itself as a whole, for the Bundle that it becomes. */
export function bundleFields(run: Run): Element {
  const fields: Element = {};
  for (const { type, resource } of run.instances) {
    if (type !== BUNDLE) continue;
    const { resourceType, id, ...said } = resource;
    Object.assign(fields, said);
  }
  return fields;
}

function contain({ resource }: Instance, { resource: inner }: Instance): void {
  const contained = resource['contained'] as unknown[] | undefined;
  if (contained) contained.push(inner);
  else resource['contained'] = [inner];
}

export function knownByOf(instance: Instance): IndexToken[] {
  return identifying(instance.resource, instance.rules).map(({ system, value }) =>
    system === undefined ? ofNoSystem('identifier', value) : ofSystem('identifier', system, value),
  );
}

export function fullUrlOf(instance: Instance): string {
  return `urn:uuid:${instance.id}`;
}

export function entryOf(instance: Instance): ConversionEntry {
  const { resource, rules, once, deleted, kept, assumed } = instance;
  // What the message deletes and says anew takes the place of what is stored.
  const adds = rules.adds.filter((name) => resource[name] !== undefined && !deleted.has(name));
  for (const name of kept) if (resource[name] !== undefined && !deleted.has(name)) adds.push(name);
  return {
    fullUrl: fullUrlOf(instance),
    resource: resource as Resource,
    removed: removedFrom(instance),
    knownBy: instance.type === 'Patient' ? knownByOf(instance) : [],
    ...(once ? { create: true } : {}),
    ...(adds.length > 0 ? { adds } : {}),
    ...(assumed.size > 0 ? { assumes: assumedIn(instance) } : {}),
  };
}

/** What stands in for what the message doesn't say, and what says it better. */
function assumedIn({ assumed, rules, resource }: Instance): NonNullable<ConversionEntry['assumes']> {
  return [...assumed].flatMap((name) => {
    const value = resource[name];
    if (value === undefined || (Array.isArray(value) && value.length > 1)) return [];
    const group = rules.oneOf.find((names) => names.includes(name)) ?? [];
    return [{ name, unless: group.filter((other) => other !== name) }];
  });
}

/** What one message says of one resource in two places, such as a doctor who attends and refers. */
function absorb(one: Instance, other: Instance, run: Run): void {
  for (const [name, value] of Object.entries(other.resource)) {
    const known = one.resource[name];
    const assumed = other.assumed.has(name);
    if (known === undefined || (one.assumed.has(name) && !assumed)) {
      one.resource[name] = value;
      if (assumed !== one.assumed.has(name)) one.assume(name, assumed);
    } else if (assumed) continue;
    else if (Array.isArray(known) && Array.isArray(value)) addMembers(known, value);
    else if (!isSame(known, value)) {
      run.loses = true;
      run.report(
        'warning',
        'conflict',
        `the message says two things of one ${one.type}.${name}: the first is kept`,
        fieldBehind(run, other, other.resource, name),
      );
    }
  }
  for (const name of other.deleted) one.delete(name);
  for (const name of other.kept) one.keep(name);
  // What is mentioned in one place and told in another is told.
  if (!other.once) one.once = false;
}

/** A name without a title, where the same name stands with it, is not a second name. */
function addMembers(known: unknown[], others: readonly unknown[]): void {
  if (isSame(known, others)) return;
  const there = new Set(known.map((member) => JSON.stringify(member)));
  for (const member of others) {
    if (there.has(JSON.stringify(member)) || known.some((one) => saysAll(one, member))) continue;
    const lesser = known.findIndex((one) => saysAll(member, one));
    if (lesser < 0) known.push(member);
    else known[lesser] = member;
  }
}

/** Whether one member says everything that another says. */
function saysAll(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  return Object.entries(other).every(
    ([name, value]) => JSON.stringify((one as Element)[name]) === JSON.stringify(value),
  );
}

function removedFrom({ resource, rules, deleted, assumed }: Instance): string[] {
  if (deleted.size === 0 && rules.oneOf.length === 0 && rules.twins.length === 0) return [];
  const says = (name: string) => resource[name] !== undefined && !assumed.has(name);
  const removed = new Set([...deleted].filter((path) => !isSaid(resource, path, says)));
  for (const group of rules.oneOf) {
    if (!group.some(says)) continue;
    for (const name of group) if (resource[name] === undefined) removed.add(name);
  }
  for (const [name, twin] of rules.twins) {
    const changed = says(name) || removed.has(name);
    if (changed && resource[twin] === undefined) removed.add(twin);
  }
  return [...removed];
}

/** Whether the message says anew what it asks to delete. */
function isSaid(resource: Element, path: string, says: (name: string) => boolean): boolean {
  if (path.includes('{')) return false;
  const [name, part] = path.split('.') as [string, string | undefined];
  return part === undefined ? says(name) : (resource[name] as Element | undefined)?.[part] !== undefined;
}
