// SPDX-License-Identifier: Apache-2.0
import type { Segment } from '../ingest/hl7/message.ts';
import type { Element } from './element.ts';
import type { Group } from './grammar/group.ts';
import type { Instance } from './instance.ts';
import type { Run } from './run.ts';

/** Where in a message fields are read. */
export interface Scene {
  readonly group: Group;
  readonly segment: Segment;
}

/** The elements that have been given labels: by container, then by label. */
type Labels = Map<Element, Map<string, Element>>;

/** Where a row is at work: one segment map applied to one segment, for one resource. */
export class Frame implements Scene {
  readonly group: Group;
  readonly segment: Segment;
  readonly run: Run;
  readonly instance: Instance;
  #labels: Labels | undefined;

  constructor({ group, segment }: Scene, run: Run, instance: Instance) {
    this.group = group;
    this.segment = segment;
    this.run = run;
    this.instance = instance;
  }

  /** The element that a row of this application has given a label: `participant[attending]` of the second repetition. */
  labelled(container: Element, label: string): Element | undefined {
    return this.#labels?.get(container)?.get(label);
  }

  label(container: Element, label: string, element: Element): void {
    this.#labels ??= new Map();
    const known = this.#labels.get(container);
    if (known) known.set(label, element);
    else this.#labels.set(container, new Map([[label, element]]));
  }
}
