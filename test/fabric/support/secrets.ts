// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../../../src/fhir/resource.ts';
import type { Word } from './traces.ts';

/** Vocabulary of FHIR, the same for everybody. */
const SAID_BY_ALL = /^(resourceType|system|url|profile|versionId|lastUpdated|language|unit)$/;
/** Texts whose single words say who somebody is. */
const OF_WORDS = /^(family|given|text|line|city|state|district|display|reference)$/;
const INSTANT = /^\d{4}-\d\d-\d\dT/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Everything in clear that a resource says: names, identifiers, addresses, results, ids, codes, all that a Consent rules and its salt.
 * What happened at `since` (epoch ms) or later happened in the test, and a block may be of that very millisecond.
 */
export function secretsOf(resource: Resource, since: number): Set<Word> {
  const found = new Set<Word>();
  collect(resource, '', found, since);
  return found;
}

function collect(value: unknown, name: string, found: Set<Word>, since: number): void {
  if (typeof value === 'string') collectText(value, name, found, since);
  else if (Array.isArray(value)) for (const each of value) collect(each, name, found, since);
  else if (typeof value === 'object' && value !== null) {
    const { system, value: id, family, given } = value as Record<string, unknown>;
    // As somebody would hash it who wants to recognize it.
    if (typeof system === 'string' && typeof id === 'string') found.add(`${system}|${id}`);
    if (typeof family === 'string' && Array.isArray(given))
      for (const full of [
        `${given.join(' ')} ${family}`,
        `${family}, ${given.join(' ')}`,
        `${family}^${given.join('^')}`,
      ])
        found.add(full);
    for (const [member, each] of Object.entries(value))
      if (!SAID_BY_ALL.test(member)) collect(each, member, found, since);
  }
}

function collectText(text: string, name: string, found: Set<Word>, since: number): void {
  if (INSTANT.test(text) && Date.parse(text) >= since && Date.parse(text) <= Date.now()) return;
  found.add(text);
  if (DATE.test(text)) found.add(text.replaceAll('-', ''));
  if (UUID.test(text)) found.add(Buffer.from(text.replaceAll('-', ''), 'hex'));
  if (name === 'valueBase64Binary') found.add(Buffer.from(text, 'base64'));
  if (OF_WORDS.test(name))
    for (const word of text.split(/[\s,/^.]+/)) if (word !== text) collectText(word, '', found, since);
}
