// SPDX-License-Identifier: Apache-2.0
import { EXTENTS, extentOf } from '../ingest/hl7/extent.ts';
import type { Delimiters, Segment } from '../ingest/hl7/message.ts';
import type { Taken } from './taken.ts';

/** No message has so many subcomponents: a place where nothing is. */
const NOWHERE = 4_095;

/**
 * A value in a message that a data type is read from: one repetition of a field, one component of it, or one subcomponent. What is a
 * component of the data type is a subcomponent of the message when the data type stands inside another (HL7 v2 §2.5.3).
 */
export class Place {
  readonly segment: Segment;
  readonly field: number;
  readonly repetition: number;
  /** 0: the whole repetition. */
  readonly component: number;
  /** 0: the whole component. */
  readonly subcomponent: number;
  #components: number | undefined;

  constructor(segment: Segment, field: number, repetition: number, component = 0, subcomponent = 0) {
    this.segment = segment;
    this.field = field;
    this.repetition = repetition;
    this.component = component;
    this.subcomponent = subcomponent;
  }

  /** Whether anything is written here. */
  get valued(): boolean {
    const { segment, field, repetition, component } = this;
    if (component === 0) return segment.whole(field, repetition).trim() !== '' && !this.deleted;
    if (this.subcomponent > 0) return this.peek() !== '';
    return segment.subcomponents(field, repetition, component) > 0;
  }

  get deleted(): boolean {
    return this.component === 0
      ? this.segment.isDelete(this.field, this.repetition)
      : this.segment.isDelete(this.field, this.repetition, this.component);
  }

  get components(): number {
    this.#components ??= this.#countComponents();
    return this.#components;
  }

  #countComponents(): number {
    if (this.subcomponent > 0) return 1;
    return this.component === 0
      ? this.segment.components(this.field, this.repetition)
      : this.segment.subcomponents(this.field, this.repetition, this.component);
  }

  /** How much stands in its parts, from the `first` on (1, 16, …): `EXTENTS` of them in one number. */
  extents(first: number): number {
    if (this.component === 0) return this.segment.componentExtents(this.field, this.repetition, first);
    let extents = 0;
    for (let part = Math.min(first + EXTENTS - 1, this.components); part >= first; part--)
      extents = (extents << 2) | extentOf(this.peek(part));
    return extents;
  }

  /** Whether anything is written in a part, be it only in one of its own parts. */
  isFilled(component: number): boolean {
    if (this.component === 0) return this.segment.isFilled(this.field, this.repetition, component);
    return this.peek(component) !== '' || this.segment.isDelete(this.field, this.repetition, this.component);
  }

  /** The text of a part, which is not thereby taken. */
  peek(component = 1, subcomponent = 1): string {
    const { segment, field, repetition } = this;
    if (this.component === 0) return segment.value(field, repetition, component, subcomponent);
    if (subcomponent !== 1) return '';
    if (this.subcomponent === 0) return segment.value(field, repetition, this.component, component);
    return component === 1 ? segment.value(field, repetition, this.component, this.subcomponent) : '';
  }

  /** The text of a part; one that isn't empty counts as mapped from now on. */
  read(taken: Taken, component = 1, subcomponent = 1): string {
    const text = this.peek(component, subcomponent);
    if (text !== '') this.take(taken, component, subcomponent);
    return text;
  }

  take(taken: Taken, component = 1, subcomponent = 1): void {
    const { segment, field, repetition } = this;
    if (this.component === 0) taken.add(segment, field, repetition, component, subcomponent);
    else taken.add(segment, field, repetition, this.component, this.subcomponent || component);
  }

  /** Whether a part (field, repetition, component, subcomponent) is here. */
  covers([field, repetition, component, subcomponent]: readonly [number, number, number, number]): boolean {
    if (this.field !== field || this.repetition !== repetition) return false;
    if (this.component !== 0 && this.component !== component) return false;
    return this.subcomponent === 0 || this.subcomponent === subcomponent;
  }

  /** What was taken turned out to be unusable. */
  release(taken: Taken, component = 1, subcomponent = 1): void {
    const { segment, field, repetition } = this;
    if (this.component === 0) taken.remove(segment, field, repetition, component, subcomponent);
    else taken.remove(segment, field, repetition, this.component, this.subcomponent || component);
  }

  takeAll(taken: Taken): void {
    for (let component = 1; component <= this.components; component++) {
      const parts =
        this.component === 0 ? this.segment.subcomponents(this.field, this.repetition, component) : 1;
      for (let part = 1; part <= parts; part++) this.take(taken, component, part);
    }
  }

  /** A component as the place of a data type of its own. */
  inner(component: number): Place {
    const { segment, field, repetition } = this;
    if (this.component === 0) return new Place(segment, field, repetition, component);
    if (this.subcomponent === 0) return new Place(segment, field, repetition, this.component, component);
    // There is nothing below a subcomponent: its only part is itself.
    return component === 1 ? this : new Place(segment, field, repetition, this.component, NOWHERE);
  }

  /** All of it as one text, delimiters included: in a text field they are what the sender wrote, though the sender should have escaped them. */
  readWhole(taken: Taken, delimiters: Delimiters): string {
    const { segment, field, repetition } = this;
    if (this.subcomponent > 0) return this.read(taken);
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
    const inner = this.subcomponent || (this.component ? component : subcomponent);
    const which = segment.sequence > 1 ? `[${segment.sequence}]` : '';
    const again = repetition > 1 ? `[${repetition}]` : '';
    return `${segment.name}${which}-${segment.sentAs(field)}${again}.${outer}${inner > 1 ? `.${inner}` : ''}`;
  }

  get location() {
    const { name, sequence } = this.segment;
    return { segment: name, sequence, field: this.segment.sentAs(this.field), repetition: this.repetition };
  }
}
