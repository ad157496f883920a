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
  readonly #bySegment: (Set<number> | undefined)[] = [];
  readonly #told: ((leaf: Leaf) => void) | undefined;

  /** `told` hears of each part that is taken. */
  constructor(told?: (leaf: Leaf) => void) {
    this.#told = told;
  }

  add(segment: Segment, field: number, repetition: number, component: number, subcomponent: number): void {
    let parts = this.#bySegment[segment.index];
    if (!parts) {
      parts = new Set();
      this.#bySegment[segment.index] = parts;
    }
    parts.add(keyOf(field, repetition, component, subcomponent));
    this.#told?.({ segment, field, repetition, component, subcomponent });
  }

  /** What was taken turned out to be unusable. */
  remove(segment: Segment, field: number, repetition: number, component: number, subcomponent: number): void {
    this.#bySegment[segment.index]?.delete(keyOf(field, repetition, component, subcomponent));
  }

  has(segment: Segment, field: number, repetition: number, component: number, subcomponent: number): boolean {
    return this.#bySegment[segment.index]?.has(keyOf(field, repetition, component, subcomponent)) ?? false;
  }
}

/** One number for a part: exact up to 1,000 fields (the reader's limit), 65,535 repetitions, 4,095 components and subcomponents. */
function keyOf(field: number, repetition: number, component: number, subcomponent: number): number {
  return ((field * 65_536 + repetition) * 4_096 + component) * 4_096 + subcomponent;
}
