// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../../fhir/resource.ts';
import { indexResource, matches } from '../../fhir/search/index.ts';
import type { Search, SearchIndex } from '../../fhir/search/query.ts';
import type { Stored } from '../store.ts';

/** A version that is to be written. */
export interface Draft {
  readonly stored: Stored;
  readonly index: SearchIndex;
}

/** A resource that a search may find, with its tokens once they were needed. */
class Findable {
  readonly id: string;
  readonly resource: Resource;
  #tokens: ReadonlySet<string> | undefined;

  constructor(id: string, resource: Resource) {
    this.id = id;
    this.resource = resource;
  }

  isFoundBy(search: Search): boolean {
    this.#tokens ??= new Set(indexResource(this.resource).tokens);
    const tokens = this.#tokens;
    // Comparing tokens is a thousand times cheaper than reading the resource anew, and nearly always says no.
    for (const clause of search.where)
      if (clause.kind === 'token' && !clause.negated && !clause.anyOf.some((token) => tokens.has(token)))
        return false;
    return matches(this.resource, search);
  }
}

/**
 * The present as the next unit of a group sees it: what the database holds of the resources concerned, and on top of it what the units
 * before it changed. A unit's own changes count for the others only once it is kept.
 */
export class Present {
  readonly #kept = new Map<string, Stored>();
  readonly #findable = new Map<string, Map<string, Findable>>();
  #mine = new Map<string, Stored>();

  /** What the database says. */
  load(stored: Stored): void {
    this.#keep(stored);
  }

  current(type: string, id: string): Stored | undefined {
    const key = `${type}/${id}`;
    return this.#mine.get(key) ?? this.#kept.get(key);
  }

  /** Undeleted resources that the search finds, as they were before the present unit. */
  find(search: Search): Stored[] {
    const found: Stored[] = [];
    for (const one of this.#findable.get(search.type)?.values() ?? [])
      if (one.isFoundBy(search)) found.push(this.#kept.get(`${search.type}/${one.id}`) as Stored);
    return found;
  }

  change(stored: Stored): void {
    this.#mine.set(`${stored.type}/${stored.id}`, stored);
  }

  keepUnit(): void {
    for (const stored of this.#mine.values()) this.#keep(stored);
    this.#mine = new Map();
  }

  dropUnit(): void {
    this.#mine = new Map();
  }

  #keep(stored: Stored): void {
    this.#kept.set(`${stored.type}/${stored.id}`, stored);
    let type = this.#findable.get(stored.type);
    if (!type) {
      type = new Map();
      this.#findable.set(stored.type, type);
    }
    if (stored.deleted) type.delete(stored.id);
    else type.set(stored.id, new Findable(stored.id, stored.resource));
  }
}

/** Resources that earlier changes of the same unit will make, by which later ones may find them. */
export class Planned {
  readonly #all: { type: string; findable: Findable }[] = [];

  add(id: string, resource: Resource): void {
    this.#all.push({ type: resource.resourceType, findable: new Findable(id, resource) });
  }

  find(search: Search): string[] {
    return this.#all
      .filter(({ type, findable }) => type === search.type && findable.isFoundBy(search))
      .map(({ findable }) => findable.id);
  }
}
