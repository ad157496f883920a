// SPDX-License-Identifier: Apache-2.0
import type { Segment } from '../ingest/hl7/message.ts';
import type { Element } from './element.ts';
import type { Group } from './grammar/group.ts';
import type { ResourceRules } from './identity/rules.ts';

/** Most resources have none. */
const NONE: ReadonlySet<string> = new Set();

/** A resource that a message speaks of, while its segments are put together. */
export class Instance {
  /** By which rows refer to it: `@patient`. */
  readonly name: string;
  readonly resource: Element & { readonly resourceType: string };
  readonly rules: ResourceRules;
  /** Where it was first met: what its identity is made of is read from there. */
  readonly group: Group;
  readonly segment: Segment;
  /** The message only mentions it: it is written when it isn't known yet, and left alone when it is. */
  once: boolean;
  /** Name of the resource that contains this one, which has no life of its own. */
  readonly within: string | undefined;
  /** Each segment has one of its own. */
  readonly ofSegment: boolean;
  /** Known when all segments have been read; absent: it is an entry of its own. */
  container: Instance | undefined;
  /** The one that says the same of the same resource, and takes over what this one says. */
  same: Instance | undefined;
  /** What the sender asked to delete: top-level elements, parts of them (`period.end`), extensions (`extension{URL}`). */
  deleted: ReadonlySet<string> = NONE;
  /** Top-level arrays of which the message may know a part only. */
  kept: ReadonlySet<string> = NONE;
  /** Top-level elements that the message doesn't say and R4 requires: they stand in for what is not known. */
  assumed: ReadonlySet<string> = NONE;
  /** It is going to refer to others. */
  refers = false;
  /** Its segments said nothing for it: it isn't made, and nothing refers to it. */
  silent = false;
  id: string | undefined;
  /** While its id is being made: two resources that are each named by the other have none. */
  naming = false;

  constructor(
    name: string,
    type: string,
    rules: ResourceRules,
    from: { readonly group: Group; readonly segment: Segment },
    once = rules.once,
    within?: string,
    ofSegment = false,
  ) {
    this.name = name;
    // The id, known last, is written first.
    this.resource = { resourceType: type, id: '' };
    this.rules = rules;
    this.group = from.group;
    this.segment = from.segment;
    this.once = once;
    this.within = within;
    this.ofSegment = ofSegment;
  }

  delete(path: string): void {
    this.deleted = new Set(this.deleted).add(path);
  }

  keep(name: string): void {
    this.kept = new Set(this.kept).add(name);
  }

  assume(name: string, assumed = true): void {
    const names = new Set(this.assumed);
    if (assumed) names.add(name);
    else names.delete(name);
    this.assumed = names;
  }

  /** Whether anything is said about it, beyond that it exists. */
  get said(): boolean {
    return Object.keys(this.resource).length > 2;
  }

  get type(): string {
    return this.resource.resourceType;
  }
}
