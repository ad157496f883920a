// SPDX-License-Identifier: Apache-2.0
import { printJson } from '../../fhir/json.ts';

/** What is said of an element of which the sender may know a part only, on top of what is stored of it. */
export function joined(stored: unknown, said: unknown): unknown {
  if (Array.isArray(stored) && Array.isArray(said)) return joinedArrays(stored, said);
  return isObject(stored) && isObject(said) ? { ...stored, ...said } : said;
}

/** What is stored, in its order, with what is said of the same in its place; then what is new. Saying it again changes nothing. */
function joinedArrays(stored: readonly unknown[], said: readonly unknown[]): unknown[] {
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
