// SPDX-License-Identifier: Apache-2.0
import { printJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { ConversionEntry } from '../../normalize/convert.ts';
import type { Store } from '../../store/store.ts';

/** The entry with what is stored already before what the message adds, where the message may know a part of an array only. */
export function withAdditions(entry: ConversionEntry, current: Resource | undefined): ConversionEntry {
  if (!entry.adds?.length || !current) return entry;
  const resource = { ...entry.resource };
  for (const name of entry.adds) {
    const [said, stored] = [resource[name], current[name]];
    if (!Array.isArray(said) || !Array.isArray(stored)) continue;
    const known = new Set(stored.map(keyOf));
    const saidByKey = new Map(said.map((member) => [keyOf(member), member]));
    resource[name] = [
      ...stored.map((member) => saidByKey.get(keyOf(member)) ?? member),
      ...said.filter((member) => !known.has(keyOf(member))),
    ];
  }
  return { ...entry, resource };
}

/** The same for what is not a Patient, which is known by its id. */
export async function withStoredAdditions(entry: ConversionEntry, store: Store): Promise<ConversionEntry> {
  const { resourceType, id } = entry.resource;
  if (!entry.adds?.length || id === undefined) return entry;
  const current = await store.read(resourceType, id);
  return current && !current.deleted ? withAdditions(entry, current.resource) : entry;
}

/** Identifiers are the same when they name the same; anything else when it reads the same. */
function keyOf(member: unknown): string {
  const { system, value } = (member ?? {}) as { system?: unknown; value?: unknown };
  return typeof value === 'string' ? `${system ?? ''}|${value}` : printJson(member);
}
