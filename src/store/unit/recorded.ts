// SPDX-License-Identifier: Apache-2.0

/** A member of an array that several messages fill: when it was first spoken of, and when last, in epoch milliseconds. */
export interface Spoken {
  readonly first: number;
  readonly last: number;
}

/** All elements of the resource, those that are not there as well. */
const EVERYTHING = '*';
/** The resource was only mentioned by a message, then. */
const MENTION = '?';
const NEVER = 0;

/**
 * When the facts of a resource were recorded by those who told of them, in epoch milliseconds: by top-level element, by part where an
 * element is put together from parts, by member where an array is. What was deleted has a time as well, so that a late message doesn't
 * bring it back. In text, names of one time share a key: `{"status class":1,"period.":{"start":1,"end":2},"result[]":[[3,1,1]]}`, where
 * the numbers of an array are how many members, when first, when last.
 */
export class Recorded {
  readonly #times = new Map<string, number>();
  readonly #parts = new Map<string, Map<string, number>>();
  readonly #members = new Map<string, readonly Spoken[]>();

  static read(text: string | undefined): Recorded {
    const recorded = new Recorded();
    const all = text === undefined ? {} : (JSON.parse(text) as Record<string, unknown>);
    for (const [names, value] of Object.entries(all)) {
      if (typeof value === 'number') readTimes(names, value, recorded.#times);
      else if (Array.isArray(value)) recorded.#members.set(names.slice(0, -2), readSpoken(value));
      else recorded.#parts.set(names.slice(0, -1), readParts(value as Record<string, number>));
    }
    return recorded;
  }

  /** Of a resource that somebody wrote as a whole. */
  static whole(at: number): Recorded {
    return new Recorded().note(EVERYTHING, at);
  }

  static mention(at: number): Recorded {
    return new Recorded().note(MENTION, at);
  }

  /** When the message was recorded that only mentioned the resource, if nobody has said more of it. */
  get mentioned(): number | undefined {
    return this.#times.get(MENTION);
  }

  /** When the resource was last written as a whole. */
  get everything(): number {
    return this.#times.get(EVERYTHING) ?? NEVER;
  }

  /** When an element was last written or deleted as a whole; 0: never. */
  of(name: string): number {
    return Math.max(this.set(name), this.everything);
  }

  /** The same by messages alone. */
  set(name: string): number {
    return this.#times.get(name) ?? NEVER;
  }

  ofPart(name: string, part: string): number {
    return Math.max(this.#parts.get(name)?.get(part) ?? NEVER, this.of(name));
  }

  /** Parts of an element that are newer than a time. */
  partsAfter(name: string, at: number): string[] {
    return [...(this.#parts.get(name) ?? [])].flatMap(([part, time]) => (time > at ? [part] : []));
  }

  /** One for each member of an array of so many. */
  ofMembers(name: string, count: number): readonly Spoken[] {
    const known = this.#members.get(name) ?? [];
    const time = this.of(name);
    return known.length === count
      ? known
      : Array.from({ length: count }, () => ({ first: time, last: time }));
  }

  hasMembers(name: string): boolean {
    return this.#members.has(name);
  }

  /** An element was written or deleted as a whole: what is known of older parts doesn't matter any more. */
  note(name: string, at: number): this {
    this.#times.set(name, Math.max(at, this.set(name)));
    this.#members.delete(name);
    const parts = this.#parts.get(name);
    for (const [part, time] of parts ?? []) if (time <= at) parts?.delete(part);
    if (parts?.size === 0) this.#parts.delete(name);
    return this;
  }

  notePart(name: string, part: string, at: number): void {
    const parts = this.#parts.get(name) ?? new Map<string, number>();
    this.#parts.set(name, parts.set(part, Math.max(at, parts.get(part) ?? NEVER)));
  }

  noteMembers(name: string, spoken: readonly Spoken[]): void {
    this.#members.set(name, spoken);
  }

  /** Absent: nothing is known. */
  print(): string | undefined {
    const all: Record<string, unknown> = byTime(this.#times);
    for (const [name, parts] of this.#parts) all[`${name}.`] = byTime(parts);
    for (const [name, spoken] of this.#members) all[`${name}[]`] = runsOf(spoken);
    return Object.keys(all).length === 0 ? undefined : JSON.stringify(all);
  }
}

function readParts(groups: Readonly<Record<string, number>>): Map<string, number> {
  const parts = new Map<string, number>();
  for (const [names, time] of Object.entries(groups)) readTimes(names, time, parts);
  return parts;
}

function readTimes(names: string, time: number, into: Map<string, number>): void {
  for (const name of names.split(' ')) into.set(name, time);
}

function readSpoken(runs: readonly (readonly [number, number, number])[]): Spoken[] {
  return runs.flatMap(([count, first, last]) => Array.from({ length: count }, () => ({ first, last })));
}

function byTime(times: ReadonlyMap<string, number>): Record<string, number> {
  const names = new Map<number, string>();
  for (const [name, time] of times) {
    const others = names.get(time);
    names.set(time, others === undefined ? name : `${others} ${name}`);
  }
  return Object.fromEntries([...names].map(([time, together]) => [together, time]));
}

function runsOf(spoken: readonly Spoken[]): number[][] {
  const runs: [number, number, number][] = [];
  for (const { first, last } of spoken) {
    const run = runs.at(-1);
    if (run && run[1] === first && run[2] === last) run[0]++;
    else runs.push([1, first, last]);
  }
  return runs;
}
