// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../../fhir/resource.ts';
import type { IndexToken } from '../../fhir/search/query.ts';
import { ofNoSystem, ofSystem } from '../../fhir/search/tokens.ts';
import type { ConversionEntry } from '../convert.ts';
import { identifying } from '../identity/identifiers.ts';
import type { Instance } from '../instance.ts';
import type { Run } from '../run.ts';

/** The resources of a conversion, each once. */
export function collectEntries(run: Run): ConversionEntry[] {
  const byName = new Map<string, Instance>();
  for (const instance of run.instances) {
    const id = run.idOf(instance);
    instance.resource['id'] = id;
    const name = `${instance.type}/${id}`;
    const same = byName.get(name);
    if (same) absorb(same, instance, run);
    else byName.set(name, instance);
  }
  return [...byName.values()].map(entryOf);
}

export function knownByOf(instance: Instance): IndexToken[] {
  return identifying(instance.resource, instance.rules).map(({ system, value }) =>
    system === undefined ? ofNoSystem('identifier', value) : ofSystem('identifier', system, value),
  );
}

export function fullUrlOf(instance: Instance): string {
  return `urn:uuid:${instance.id}`;
}

function entryOf(instance: Instance): ConversionEntry {
  const { resource, rules, once, deleted } = instance;
  // What the message deletes and says anew takes the place of what is stored.
  const adds = ['extension', ...rules.adds].filter(
    (name) => resource[name] !== undefined && !deleted.has(name),
  );
  return {
    fullUrl: fullUrlOf(instance),
    resource: resource as Resource,
    removed: removedFrom(instance),
    knownBy: instance.type === 'Patient' ? knownByOf(instance) : [],
    ...(once ? { create: true } : {}),
    ...(adds.length > 0 ? { adds } : {}),
  };
}

/** What one message says of one resource in two places, such as a doctor who attends and refers. */
function absorb(one: Instance, other: Instance, run: Run): void {
  for (const [name, value] of Object.entries(other.resource)) {
    const known = one.resource[name];
    if (known === undefined) one.resource[name] = value;
    else if (known !== value && JSON.stringify(known) !== JSON.stringify(value)) {
      run.report(
        'warning',
        'conflict',
        `the message says two things of one ${one.type}.${name}: the first is kept`,
      );
    }
  }
  for (const name of other.deleted) one.deleted.add(name);
}

function removedFrom({ resource, rules, deleted }: Instance): string[] {
  const removed = new Set([...deleted].filter((name) => resource[name] === undefined));
  for (const group of rules.oneOf) {
    if (!group.some((name) => resource[name] !== undefined)) continue;
    for (const name of group) if (resource[name] === undefined) removed.add(name);
  }
  for (const name of rules.twins) {
    const changed = resource[name] !== undefined || removed.has(name);
    if (changed && resource[`_${name}`] === undefined) removed.add(`_${name}`);
  }
  return [...removed];
}
