// SPDX-License-Identifier: Apache-2.0
import type { Segment } from '../ingest/hl7/message.ts';

export interface Leaf {
  readonly segment: Segment;
  readonly field: number;
  readonly repetition: number;
  readonly component: number;
  readonly subcomponent: number;
}

/** Which parts of a message a row has put somewhere. The rest is reported: nothing vanishes without a word. */
export class Taken {
  readonly #bySegment: (Parts | undefined)[] = [];
  readonly #told: ((leaf: Leaf) => void) | undefined;

  /** `told` hears of each part that is taken. */
  constructor(told?: (leaf: Leaf) => void) {
    this.#told = told;
  }

  add(segment: Segment, field: number, repetition: number, component: number, subcomponent: number): void {
    let parts = this.#bySegment[segment.index];
    if (!parts) {
      parts = { first: new Array(segment.fieldCount + 1).fill(0), others: undefined };
      this.#bySegment[segment.index] = parts;
    }
    if (isFirst(repetition, component, subcomponent))
      parts.first[field] = (parts.first[field] ?? 0) | (1 << component);
    else {
      parts.others ??= new Set();
      parts.others.add(keyOf(field, repetition, component, subcomponent));
    }
    this.#told?.({ segment, field, repetition, component, subcomponent });
  }

  /** What was taken turned out to be unusable. */
  remove(segment: Segment, field: number, repetition: number, component: number, subcomponent: number): void {
    const parts = this.#bySegment[segment.index];
    if (!parts) return;
    if (isFirst(repetition, component, subcomponent))
      parts.first[field] = (parts.first[field] ?? 0) & ~(1 << component);
    else parts.others?.delete(keyOf(field, repetition, component, subcomponent));
  }

  /** As `add` and `has`, of a part as others are told of it. */
  hold({ segment, field, repetition, component, subcomponent }: Leaf): void {
    this.add(segment, field, repetition, component, subcomponent);
  }

  holds({ segment, field, repetition, component, subcomponent }: Leaf): boolean {
    return this.has(segment, field, repetition, component, subcomponent);
  }

  has(segment: Segment, field: number, repetition: number, component: number, subcomponent: number): boolean {
    const parts = this.#bySegment[segment.index];
    if (!parts) return false;
    return isFirst(repetition, component, subcomponent)
      ? ((parts.first[field] ?? 0) & (1 << component)) !== 0
      : parts.others?.has(keyOf(field, repetition, component, subcomponent)) === true;
  }
}

interface Parts {
  /** By field, a bit for each component of the first repetition, where most of a message stands. */
  readonly first: number[];
  others: Set<number> | undefined;
}

function isFirst(repetition: number, component: number, subcomponent: number): boolean {
  return repetition === 1 && subcomponent === 1 && component < 31;
}

/** One number for a part: exact up to 1,000 fields (the reader's limit), 65,535 repetitions, 4,095 components and subcomponents. */
function keyOf(field: number, repetition: number, component: number, subcomponent: number): number {
  return ((field * 65_536 + repetition) * 4_096 + component) * 4_096 + subcomponent;
}
