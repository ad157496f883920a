// SPDX-License-Identifier: Apache-2.0
import type { Segment } from '../ingest/hl7/message.ts';
import type { Element } from './element.ts';
import type { Group } from './grammar/group.ts';
import type { ResourceRules } from './identity/rules.ts';

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
  readonly once: boolean;
  /** Top-level elements that the sender asked to delete. */
  readonly deleted = new Set<string>();
  id: string | undefined;
  /** While its id is being made: two resources that are each named by the other have none. */
  naming = false;

  constructor(
    name: string,
    type: string,
    rules: ResourceRules,
    from: { readonly group: Group; readonly segment: Segment },
    once = rules.once,
  ) {
    this.name = name;
    // The id, known last, is written first.
    this.resource = { resourceType: type, id: '' };
    this.rules = rules;
    this.group = from.group;
    this.segment = from.segment;
    this.once = once;
  }

  /** Whether anything is said about it, beyond that it exists. */
  get said(): boolean {
    return Object.keys(this.resource).length > 2;
  }

  get type(): string {
    return this.resource.resourceType;
  }
}
