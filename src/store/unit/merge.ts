// SPDX-License-Identifier: Apache-2.0
import { copyJson, literalOf, setDecimal } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Change } from '../store.ts';
import { joinMembers } from './joined.ts';
import type { Recorded, Spoken } from './recorded.ts';

/** What a message says of a resource, beside its elements. */
export type Statement = Omit<Extract<Change, { op: 'merge' }>, 'op' | 'resource' | 'fullUrl' | 'knownBy'>;

type Content = Record<string, unknown>;

/** How a deletion begins that means all extensions of one kind: `extension{URL}`. */
const EXTENSION = 'extension{';
/** Given by the store, never said. */
const OF_THE_STORE = new Set(['resourceType', 'id']);

/**
 * What the existing resource becomes when a message says this of it; `recorded` learns when that was. An element of which something newer
 * is known keeps it. Messages in any order, each with a time of its own, end in the same resource. `late`: something was too old.
 */
export function mergeInto(
  existing: Resource | undefined,
  said: Resource,
  statement: Statement,
  recorded: Recorded,
): { resource: Resource; late: boolean } {
  const { resourceType } = said;
  const merging = new Merging(existing ? copyJson(existing) : { resourceType }, recorded, statement);
  const { removed, adds = [], assumes = [] } = statement;
  for (const name of removed) merging.remove(name);
  for (const name of Object.keys(said)) {
    const value = said[name];
    if (value === undefined || OF_THE_STORE.has(name)) continue;
    const assumed = assumes.find((one) => one.name === name);
    if (assumed) merging.assume(name, said, assumed.unless);
    // Element by element, lest a message that says where it came from takes away the security labels.
    else if (name === 'meta' || (adds.includes(name) && isObject(value)))
      merging.join(name, value as Content);
    else if (adds.includes(name) && Array.isArray(value)) merging.joinArray(name, value);
    else merging.write(name, said);
  }
  return { resource: merging.merged, late: merging.late };
}

class Merging {
  readonly merged: Resource & Content;
  late = false;
  readonly #recorded: Recorded;
  readonly #asOf: number | undefined;
  readonly #anyway: readonly string[];

  constructor(merged: Resource, recorded: Recorded, { asOf, anyway = [] }: Statement) {
    this.merged = merged;
    this.#recorded = recorded;
    this.#asOf = asOf;
    this.#anyway = anyway;
  }

  /** An element, a part of one (`period.end`), or the extensions of one kind. */
  remove(path: string): void {
    if (path.startsWith(EXTENSION)) this.#removeExtension(path);
    else this.#removeElement(path);
  }

  #removeElement(path: string): void {
    const [name, part] = path.split('.') as [string, string | undefined];
    if (OF_THE_STORE.has(name)) return;
    if (part === undefined) this.#replace(name, undefined, () => delete this.merged[name]);
    else this.#removePart(name, part);
  }

  #removeExtension(path: string): void {
    const at = this.#asOf;
    const stored = (this.merged['extension'] ?? []) as unknown[];
    const spoken = this.#recorded.ofMembers('extension', stored.length);
    const kept = [...stored.keys()].filter(
      (place) => pathOf(stored[place]) !== path || !this.#isNew('extension', (spoken[place] as Spoken).last),
    );
    if (at !== undefined) this.#recorded.note(path, at);
    if (kept.length === stored.length) return;
    if (kept.length === 0) delete this.merged['extension'];
    else this.merged['extension'] = kept.map((place) => stored[place]);
    if (this.#recorded.hasMembers('extension'))
      this.#recorded.noteMembers(
        'extension',
        kept.map((place) => spoken[place] as Spoken),
      );
  }

  #removePart(name: string, part: string): void {
    if (!this.#isNew(name, this.#recorded.ofPart(name, part))) return;
    this.#notePart(name, part);
    const whole = this.merged[name];
    if (!isObject(whole)) return;
    delete whole[part];
    if (Object.keys(whole).length === 0) delete this.merged[name];
  }

  write(name: string, said: Content): void {
    this.#replace(name, said[name], () => put(this.merged, name, said));
  }

  /** What R4 requires and the message doesn't say: it stands only until somebody says it, and takes nobody's place. */
  assume(name: string, said: Content, unless: readonly string[]): void {
    if ([name, ...unless].every((each) => this.merged[each] === undefined)) put(this.merged, name, said);
  }

  join(name: string, said: Content): void {
    const stored = this.merged[name];
    const whole: Content = isObject(stored) ? stored : {};
    for (const part of Object.keys(said)) {
      if (said[part] === undefined || !this.#isNew(name, this.#recorded.ofPart(name, part))) continue;
      this.#notePart(name, part);
      put(whole, part, said);
    }
    if (Object.keys(whole).length > 0) this.merged[name] = whole;
  }

  joinArray(name: string, all: readonly unknown[]): void {
    const asOf = this.#asOf;
    // What was deleted since stays so; what was written over FHIR is only joined.
    if (!this.#isNew(name, this.#recorded.set(name))) return;
    const said =
      name === 'extension'
        ? all.filter((member) => this.#isNew(name, this.#recorded.set(pathOf(member))))
        : all;
    if (said.length === 0) return;
    const stored = Array.isArray(this.merged[name]) ? (this.merged[name] as unknown[]) : [];
    const spoken = this.#recorded.ofMembers(name, stored.length);
    const newest = () => Math.max(0, ...new Set(spoken.map(({ last }) => last)));
    const joined = joinMembers(stored, spoken, said, asOf ?? newest());
    this.merged[name] = joined.members;
    if (asOf !== undefined && this.#anyway.includes(name)) this.#recorded.note(name, asOf);
    if (asOf !== undefined || this.#recorded.hasMembers(name))
      this.#recorded.noteMembers(name, joined.spoken);
  }

  /** Writes or deletes an element as a whole, but for its parts and members of which something newer is known. */
  #replace(name: string, value: unknown, replace: () => void): void {
    const at = this.#asOf;
    if (!this.#isNew(name, this.#recorded.of(name))) return;
    const before = this.merged[name];
    const parts = at === undefined ? [] : this.#recorded.partsAfter(name, at);
    const newer = at === undefined ? new Map<number, unknown[]>() : this.#membersAfter(name, at);
    replace();
    if (at !== undefined) this.#recorded.note(name, at);
    if (parts.length > 0) this.#keepParts(name, parts, isObject(before) ? before : {});
    if (newer.size === 0 || at === undefined) return;
    let members = Array.isArray(value) ? (value as unknown[]) : [];
    let spoken: readonly Spoken[] = members.map(() => ({ first: at, last: at }));
    for (const [time, said] of newer) ({ members, spoken } = joinMembers(members, spoken, said, time));
    this.merged[name] = members;
    this.#recorded.noteMembers(name, spoken);
  }

  /** The parts as they were before, also those that were not there any more. */
  #keepParts(name: string, parts: readonly string[], before: Content): void {
    const now = this.merged[name];
    const whole = isObject(now) ? copyJson(now) : {};
    for (const part of parts) {
      delete whole[part];
      put(whole, part, before);
    }
    if (Object.keys(whole).length > 0) this.merged[name] = whole;
    else delete this.merged[name];
  }

  /** Members of an array that were spoken of after a time, by when that was, in order. */
  #membersAfter(name: string, at: number): Map<number, unknown[]> {
    const stored = this.merged[name];
    const newer = new Map<number, unknown[]>();
    if (!Array.isArray(stored) || !this.#recorded.hasMembers(name)) return newer;
    const spoken = this.#recorded.ofMembers(name, stored.length);
    for (const [place, member] of stored.entries()) {
      const { last } = spoken[place] as Spoken;
      if (last > at) newer.set(last, [...(newer.get(last) ?? []), member]);
    }
    return new Map([...newer].sort(([a], [b]) => a - b));
  }

  #notePart(name: string, part: string): void {
    if (this.#asOf !== undefined) this.#recorded.notePart(name, part, this.#asOf);
  }

  /** Of equal times the order of arrival decides, and where nobody knows when. */
  #isNew(name: string, known: number): boolean {
    const isNew = this.#asOf === undefined || this.#asOf >= known || this.#anyway.includes(name);
    if (!isNew) this.late = true;
    return isNew;
  }
}

function pathOf(extension: unknown): string {
  return `${EXTENSION}${(extension as { readonly url?: unknown }).url}}`;
}

function put(container: Content, name: string, said: Content): void {
  const value = said[name];
  const literal = typeof value === 'number' ? literalOf(said, name, value) : undefined;
  if (literal !== undefined) setDecimal(container, name, literal);
  else if (value !== undefined) container[name] = value;
}

function isObject(value: unknown): value is Content {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
