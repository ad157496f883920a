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
    if (isObject(said) && isObject(stored)) resource[name] = { ...stored, ...said };
    if (Array.isArray(said) && Array.isArray(stored)) resource[name] = joined(stored, said);
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

/** What is stored, in its order, with what is said of the same in its place; then what is new. Saying it again changes nothing. */
function joined(stored: readonly unknown[], said: readonly unknown[]): unknown[] {
  const unplaced = new Map<string, unknown[]>();
  for (const member of said) unplaced.set(keyOf(member), [...(unplaced.get(keyOf(member)) ?? []), member]);
  const spoken = new Set(unplaced.keys());
  const kept = stored.flatMap((member) => {
    const key = keyOf(member);
    if (!spoken.has(key)) return [member];
    const here = unplaced.get(key) ?? [];
    unplaced.delete(key);
    return here;
  });
  return [...kept, ...[...unplaced.values()].flat()];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Identifiers are the same when they name the same, references when they point there, extensions when they are of one kind; else what reads the same. */
function keyOf(member: unknown): string {
  const { system, value, reference, url } = (member ?? {}) as Record<string, unknown>;
  if (typeof value === 'string') return `${system ?? ''}|${value}`;
  return String(reference ?? url ?? printJson(member));
}
