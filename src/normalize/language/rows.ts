// SPDX-License-Identifier: Apache-2.0
import { EXTENTS, extentIn, NOTHING, TEXT } from '../../ingest/hl7/extent.ts';
import type { Scene } from '../frame.ts';
import type { Place } from '../place.ts';
import type { Ask, Condition } from './condition.ts';
import { type Reference, textAt } from './reference.ts';
import type { Deed, Row } from './row.ts';

/** Segments and values come in a few shapes; a sender of many others must not fill memory. */
const MAX_SHAPES = 1_000;
/** Bits that a number has for flags. */
const FLAGS = 30;

/**
 * The rows of a map. Most have nothing to do for a given segment or value. Which ones have is found out once for those that look alike:
 * that have the same fields or parts, and give the same answers to what the conditions of these rows ask.
 */
export class Rows {
  readonly #rows: readonly Row[];
  /** Absent: the rows of a data type. */
  readonly #segment: string | undefined;
  #shapes = new Shape();
  #count = 0;

  constructor(rows: readonly Row[], segment?: string) {
    this.#rows = rows;
    this.#segment = segment;
  }

  /** What there is to do for the segment at hand or, by the rows of a data type, for the value at hand. */
  for(scene: Scene, at?: Place): readonly Deed[] {
    let shape = this.#shapes;
    if (at) {
      const { components } = at;
      for (let first = 1; first <= components; first += EXTENTS) shape = this.#step(shape, at.extents(first));
    } else for (const extents of scene.segment.extents) shape = this.#step(shape, extents);
    shape.asked ??= this.#askedWhere(scene, at);
    const { rows, texts, asks } = shape.asked;
    for (const { reference, words } of texts) {
      const text = textAt(reference, scene, at);
      shape = this.#step(shape, ~((text !== undefined && words.get(text)) || NONE_OF_THEM));
    }
    for (let from = 0; from < asks.length; from += FLAGS) {
      let flags = 0;
      for (let index = Math.min(from + FLAGS, asks.length); --index >= from; )
        flags = (flags << 1) | (asks[index]!.holds(scene, at) ? 1 : 0);
      shape = this.#step(shape, ~flags);
    }
    shape.deeds ??= this.#deedsOf(rows, scene, at);
    return shape.deeds;
  }

  #step(shape: Shape, key: number): Shape {
    const known = shape.next?.get(key);
    if (known) return known;
    if (++this.#count > MAX_SHAPES) {
      this.#shapes = new Shape();
      this.#count = 0;
    }
    const made = new Shape();
    shape.next ??= new Map();
    shape.next.set(key, made);
    return made;
  }

  /** The number of the field, or part, of the segment or value at hand that a reference means; 0: it means another. */
  #own({ segment, field, component }: Reference): number {
    if (segment !== this.#segment) return 0;
    return segment === undefined ? component : field;
  }

  /** Without which field or part a row has nothing to do; 0: there is none such. */
  #neededBy({ part, through }: Row): number {
    if (this.#segment === undefined) return part;
    return through ? this.#own(through) : 0;
  }

  /** The rows that may have something to do where so much is there, and what they ask that this doesn't answer yet. */
  #askedWhere(scene: Scene, at: Place | undefined): Asked {
    const rows = this.#rows.filter((row) => {
      const needed = this.#neededBy(row);
      return needed === 0 || extentAt(needed, scene, at) !== NOTHING;
    });
    const isOpen = ({ reads, whether }: Ask) => {
      const [one] = reads;
      if (!one || reads.length > 1) return true;
      const own = this.#own(one);
      const extent = own === 0 ? undefined : extentAt(own, scene, at);
      if (extent === NOTHING) return false;
      const isWhole = one.subcomponent === 0 && (one.segment === undefined || one.component === 0);
      return !(whether && isWhole && extent === TEXT);
    };
    const asks = rows
      .flatMap((row) => row.conditions.filter((one) => this.#isSure(one, row, scene)))
      .flatMap((condition) => condition.asks!)
      .filter(isOpen);
    return {
      rows,
      texts: textsAsked(asks),
      asks: [...new Map(asks.filter((ask) => !ask.words).map((ask) => [ask.text, ask])).values()],
    };
  }

  #deedsOf(rows: readonly Row[], scene: Scene, at: Place | undefined): Deed[] {
    return rows.flatMap((row) => {
      const sure = row.conditions.filter((one) => this.#isSure(one, row, scene));
      if (!sure.every((one) => one(scene, at))) return [];
      return sure.length === row.conditions.length ? row.unconditional : row.asWritten;
    });
  }

  /**
   * Whether a condition is now what it will be when the row is at work. What is made of the message meanwhile may change it; and of
   * several repetitions that the row goes through, each answers for itself.
   */
  #isSure({ asks }: Condition, { through }: Row, { segment }: Scene): boolean {
    if (!asks || through?.segment === undefined) return asks !== undefined;
    const isOne =
      through.segment === this.#segment &&
      through.repetition === undefined &&
      through.from === undefined &&
      segment.repetitions(through.field) === 1;
    if (isOne) return true;
    const isAtHand = (read: Reference) =>
      read.repetition === undefined && read.segment === through.segment && read.field === through.field;
    return !asks.some(({ reads }) => reads.some(isAtHand));
  }
}

/** A node of the tree of shapes; those on the way to it have told what it looks like. */
class Shape {
  /** By the extents of what comes next or, negated, by the next answers. */
  next: Map<number, Shape> | undefined = undefined;
  asked: Asked | undefined = undefined;
  deeds: readonly Deed[] | undefined = undefined;
}

interface Asked {
  readonly rows: readonly Row[];
  readonly texts: readonly TextAsked[];
  readonly asks: readonly Ask[];
}

/** What several conditions compare with their words. */
interface TextAsked {
  readonly reference: Reference;
  /** Numbered from 1. */
  readonly words: Map<string, number>;
}

const NONE_OF_THEM = 0;

function textsAsked(asks: readonly Ask[]): TextAsked[] {
  const texts = new Map<string, TextAsked>();
  for (const { reads, words } of asks) {
    if (!words) continue;
    const reference = reads[0]!;
    const key = JSON.stringify(reference);
    const known = texts.get(key) ?? { reference, words: new Map<string, number>() };
    texts.set(key, known);
    for (const word of words) if (!known.words.has(word)) known.words.set(word, known.words.size + 1);
  }
  return [...texts.values()];
}

/** How much stands in a field of the segment at hand, or in a part of the value. */
function extentAt(number: number, { segment }: Scene, at: Place | undefined): number {
  const first = number - 1 - ((number - 1) % EXTENTS);
  const extents = at ? at.extents(first + 1) : (segment.extents[first / EXTENTS] ?? 0);
  return extentIn(extents, number - 1 - first);
}
