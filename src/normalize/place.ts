// SPDX-License-Identifier: Apache-2.0
import type { Delimiters, Segment } from '../ingest/hl7/message.ts';
import type { Taken } from './taken.ts';

/**
 * A value in a message that a data type is read from: one repetition of a field, or one component of it. What is a component here is
 * a subcomponent in the message when the data type stands inside another (HL7 v2 §2.5.3).
 */
export class Place {
  readonly segment: Segment;
  readonly field: number;
  readonly repetition: number;
  /** 0: the whole repetition. */
  readonly component: number;

  constructor(segment: Segment, field: number, repetition: number, component = 0) {
    this.segment = segment;
    this.field = field;
    this.repetition = repetition;
    this.component = component;
  }

  /** Whether anything is written here. */
  get valued(): boolean {
    const { segment, field, repetition, component } = this;
    if (component === 0) return segment.whole(field, repetition) !== '' && !this.deleted;
    return segment.subcomponents(field, repetition, component) > 0;
  }

  get deleted(): boolean {
    return this.component === 0
      ? this.segment.isDelete(this.field, this.repetition)
      : this.segment.isDelete(this.field, this.repetition, this.component);
  }

  get components(): number {
    return this.component === 0
      ? this.segment.components(this.field, this.repetition)
      : this.segment.subcomponents(this.field, this.repetition, this.component);
  }

  /** The text of a part, which is not thereby taken. */
  peek(component = 1, subcomponent = 1): string {
    if (this.component === 0) {
      return this.segment.value(this.field, this.repetition, component, subcomponent);
    }
    return subcomponent === 1
      ? this.segment.value(this.field, this.repetition, this.component, component)
      : '';
  }

  /** The text of a part; one that isn't empty counts as mapped from now on. */
  read(taken: Taken, component = 1, subcomponent = 1): string {
    const text = this.peek(component, subcomponent);
    if (text !== '') this.take(taken, component, subcomponent);
    return text;
  }

  take(taken: Taken, component = 1, subcomponent = 1): void {
    if (this.component === 0) {
      taken.add(this.segment, this.field, this.repetition, component, subcomponent);
    } else {
      taken.add(this.segment, this.field, this.repetition, this.component, component);
    }
  }

  /** A component as the place of a data type of its own. */
  inner(component: number): Place {
    if (this.component === 0) return new Place(this.segment, this.field, this.repetition, component);
    // There is nothing below a subcomponent: its only part is itself.
    return component === 1 ? this : new Place(this.segment, this.field, this.repetition, 0x7fff);
  }

  /** All of it as one text, delimiters included: in a text field they are what the sender wrote, though the sender should have escaped them. */
  readWhole(taken: Taken, delimiters: Delimiters): string {
    const { segment, field, repetition } = this;
    if (this.component !== 0 || this.components <= 1) {
      const parts = segment.subcomponents(field, repetition, this.component || 1);
      if (parts <= 1) return this.read(taken);
    }
    const first = this.component || 1;
    const last = this.component || this.components;
    const texts: string[] = [];
    for (let component = first; component <= last; component++) {
      const parts: string[] = [];
      const count = segment.subcomponents(field, repetition, component);
      for (let part = 1; part <= count; part++) {
        parts.push(segment.value(field, repetition, component, part));
        taken.add(segment, field, repetition, component, part);
      }
      texts.push(parts.join(delimiters.subcomponent));
    }
    return texts.join(delimiters.component);
  }

  /** `PID-5[2].1`. */
  print(component = 1, subcomponent = 1): string {
    const { segment, field, repetition } = this;
    const outer = this.component || component;
    const inner = this.component ? component : subcomponent;
    const which = segment.sequence > 1 ? `[${segment.sequence}]` : '';
    const again = repetition > 1 ? `[${repetition}]` : '';
    return `${segment.name}${which}-${field}${again}.${outer}${inner > 1 ? `.${inner}` : ''}`;
  }

  get location() {
    const { name, sequence } = this.segment;
    return { segment: name, sequence, field: this.field, repetition: this.repetition };
  }
}
