// SPDX-License-Identifier: Apache-2.0
import type { Segment } from '../../ingest/hl7/message.ts';
import type { FieldTest } from './condition.ts';
import type { Row } from './row.ts';

/** Segments come in a few shapes; a sender of many others must not fill memory. */
const MAX_SHAPES = 1_000;
const MAX_SHAPE_CHARS = 200;
/** Bits that a number has for flags. */
const FLAGS = 30;

/** The rows of a map of one segment. Most have nothing to do for a given one: which ones is known for those that look alike. */
export class SegmentRows {
  readonly #rows: readonly Row[];
  readonly #segment: string;
  readonly #fields: readonly number[];
  readonly #tests: readonly FieldTest[];
  readonly #known = new Map<string, readonly Row[]>();

  constructor(rows: readonly Row[], segment: string) {
    this.#rows = rows;
    this.#segment = segment;
    this.#fields = [...new Set(rows.flatMap((row) => (row.segment === segment ? row.field : [])))];
    const tests = rows.flatMap((row) => row.tests).filter((test) => test.segment === segment);
    this.#tests = [...new Map(tests.map((test) => [`${test.of} ${test.field}`, test])).values()];
  }

  /** Those that can have something to do. */
  for(segment: Segment): readonly Row[] {
    const shape = this.#shapeOf(segment);
    const known = this.#known.get(shape);
    if (known) return known;
    const meant = this.#rows.filter(
      (row) =>
        (row.field === 0 || row.segment !== this.#segment || segment.raw(row.field) !== '') &&
        row.tests.every((test) => test.segment !== this.#segment || test.passes(askedOf(segment, test))),
    );
    if (this.#known.size >= MAX_SHAPES) this.#known.clear();
    if (shape.length <= MAX_SHAPE_CHARS) this.#known.set(shape, meant);
    return meant;
  }

  /** Which fields are there, and what those say that rows ask for. */
  #shapeOf(segment: Segment): string {
    let shape = '';
    for (let from = 0; from < this.#fields.length; from += FLAGS) {
      let flags = 0;
      for (let index = from; index < from + FLAGS && index < this.#fields.length; index++)
        if (segment.raw(this.#fields[index]!) !== '') flags |= 1 << (index - from);
      shape += `${flags} `;
    }
    for (const test of this.#tests) shape += `${askedOf(segment, test)}\r`;
    return shape;
  }
}

function askedOf(segment: Segment, { of, field }: FieldTest): string | number {
  return of === 'text' ? segment.value(field) : segment.repetitions(field);
}
