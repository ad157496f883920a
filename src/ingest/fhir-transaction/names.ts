// SPDX-License-Identifier: Apache-2.0
import { readReference, rewriteReferences } from '../../fhir/references.ts';
import type { WireEntry } from './step.ts';

/**
 * FHIR R4 §2.36.4.1: in an entry whose fullUrl is `http://base/Type/id`, a relative reference is meant relative to that base. Where such a
 * reference names another entry of the Bundle, it is replaced by that entry's fullUrl, which the store rewrites to what it finally calls
 * the resource. (`urn:uuid:` references are the fullUrl already.)
 */
export function nameByFullUrl(entries: readonly WireEntry[]): readonly WireEntry[] {
  const byBase = new Map<string, Map<string, string>>();
  for (const entry of entries) {
    const target = readReference(entry?.fullUrl);
    if (!target?.base || typeof entry.fullUrl !== 'string') continue;
    const names = byBase.get(target.base) ?? new Map<string, string>();
    names.set(`${target.type}/${target.id}`, entry.fullUrl);
    byBase.set(target.base, names);
  }
  if (byBase.size === 0) return entries;
  return entries.map((entry) => {
    const names = byBase.get(readReference(entry?.fullUrl)?.base ?? '');
    if (!names || typeof entry.resource !== 'object' || entry.resource === null) return entry;
    return { ...entry, resource: rewriteReferences(entry.resource, names) };
  });
}
