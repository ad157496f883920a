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
    return this.#labels?.find(container, label);
  }

  label(container: Element, label: string, element: Element): void {
    this.#labels ??= new Labels();
    this.#labels.add(container, label, element);
  }
}

/** More than these are looked up, rather than looked through. */
const FEW = 24;

/** The elements that have been given labels. Mostly there are a few. */
class Labels {
  readonly #few: { readonly container: Element; readonly label: string; readonly element: Element }[] = [];
  #more: Map<Element, Map<string, Element>> | undefined;

  add(container: Element, label: string, element: Element): void {
    if (this.#few.length < FEW) {
      this.#few.push({ container, label, element });
      return;
    }
    this.#more ??= new Map();
    const known = this.#more.get(container);
    if (known) known.set(label, element);
    else this.#more.set(container, new Map([[label, element]]));
  }

  find(container: Element, label: string): Element | undefined {
    for (const one of this.#few) if (one.container === container && one.label === label) return one.element;
    return this.#more?.get(container)?.get(label);
  }
}
