// SPDX-License-Identifier: Apache-2.0
import type { Delimiters } from './delimiters.ts';
import { unescapeText } from './escape.ts';
import { EXTENTS, extentOf, REPEATED } from './extent.ts';

/** What all segments of a message share. */
export interface Dialect {
  readonly delimiters: Delimiters;
  /** Encoding of the message, for the bytes of `\X…\` escapes. */
  readonly encoding: string;
  /** Nowhere in the message is anything escaped, or are there any subcomponents: nobody need look for them. */
  readonly unescaped: boolean;
  readonly unparted: boolean;
}

/** `text`: all of the message, if it is at hand. */
export function dialectOf(delimiters: Delimiters, encoding: string, text?: string): Dialect {
  // The header has named the delimiters: what follows uses them.
  const body = text?.slice(text.indexOf(delimiters.field, text.indexOf('MSH') + 4));
  const isUnused = (delimiter: string) => delimiter === '' || body?.includes(delimiter) === false;
  const unescaped = isUnused(delimiters.escape);
  return { delimiters, encoding, unescaped, unparted: isUnused(delimiters.subcomponent) };
}

/** A field, split when it is first asked for: most of a message never is. */
interface Split {
  readonly repetitions: readonly string[];
  /** By repetition, from 0. */
  readonly components: (readonly string[] | undefined)[];
}

/** HL7 null (§2.5.3): the sender wants what is stored to go, where an empty field says nothing about it. */
const NULL = '""';

const NOTHING: readonly string[] = [];

/**
 * One segment. Every position counts from 1 as HL7 does, MSH-1 being the field separator and MSH-2 the encoding characters.
 * What isn't there is the empty string, whatever position is asked for.
 */
export class Segment {
  readonly name: string;
  /** Position in the message, from 0. */
  readonly index: number;
  /** Which segment of its name, from 1. */
  readonly sequence: number;
  readonly #dialect: Dialect;
  readonly #fields: readonly string[];
  readonly #split: (Split | undefined)[] = [];
  #extents: readonly number[] | undefined;
  #parted: { readonly raw: string; readonly parts: readonly string[] } | undefined;

  /** `fields[n]` is field n; `fields[0]` the name. */
  constructor(fields: readonly string[], index: number, sequence: number, dialect: Dialect) {
    this.name = fields[0] ?? '';
    this.index = index;
    this.sequence = sequence;
    this.#fields = fields;
    this.#dialect = dialect;
  }

  /** The number of the field in which what is read as this one was sent: another only where a site moves fields. */
  sentAs(field: number): number {
    return field;
  }

  /** Number of the last field that was sent. */
  get fieldCount(): number {
    return this.#fields.length - 1;
  }

  /** The field as it was sent: escaped, with all its delimiters. */
  raw(field: number): string {
    return field < 1 ? '' : (this.#fields[field] ?? '');
  }

  /** How much stands in its fields, in order: `EXTENTS` of them in each number. */
  get extents(): readonly number[] {
    this.#extents ??= this.#findExtents();
    return this.#extents;
  }

  #findExtents(): number[] {
    const extents: number[] = [];
    for (let field = 1; field < this.#fields.length; field++) {
      const raw = this.#fields[field]!;
      if (raw === '') continue;
      const extent = this.repetitions(field) > 1 ? REPEATED : extentOf(raw);
      const at = Math.floor((field - 1) / EXTENTS);
      while (extents.length <= at) extents.push(0);
      extents[at]! |= extent << (2 * ((field - 1) % EXTENTS));
    }
    return extents;
  }

  /** The same for the components of a repetition, from the `first` on (1, 16, …), as one number. */
  componentExtents(field: number, repetition: number, first: number): number {
    const components = this.#componentsOf(field, repetition);
    let extents = 0;
    for (let index = Math.min(first + EXTENTS - 1, components.length); index-- >= first; )
      extents = (extents << 2) | extentOf(components[index]!);
    return extents;
  }

  /** How many repetitions the field has; 0 when it is empty. */
  repetitions(field: number): number {
    return this.#splitOf(field)?.repetitions.length ?? 0;
  }

  /** How many components the repetition has; 0 when it is empty. */
  components(field: number, repetition = 1): number {
    return this.#componentsOf(field, repetition).length;
  }

  /** How many subcomponents the component has; 0 when it is empty. */
  subcomponents(field: number, repetition = 1, component = 1): number {
    const raw = this.#component(field, repetition, component);
    if (raw === '') return 0;
    return this.#isParted(field, raw) ? this.#subcomponentsOf(raw).length : 1;
  }

  /** The unescaped text at a position; '' when nothing is there or it is the HL7 null `""` (see `isDelete`). */
  value(field: number, repetition = 1, component = 1, subcomponent = 1): string {
    const raw = this.#component(field, repetition, component);
    if (raw === '') return '';
    if (this.#isHeader(field)) return subcomponent === 1 ? raw : '';
    if (!this.#isParted(field, raw)) return subcomponent === 1 ? this.#text(raw) : '';
    return this.#text(this.#subcomponentsOf(raw)[subcomponent - 1] ?? '');
  }

  /** Whether anything at all is written in a component. */
  isFilled(field: number, repetition: number, component: number): boolean {
    return this.#component(field, repetition, component) !== '';
  }

  /** The repetition as it was sent: escaped, with its delimiters. */
  whole(field: number, repetition = 1): string {
    return this.#splitOf(field)?.repetitions[repetition - 1] ?? '';
  }

  /** Whether the sender asks for deletion: the field, or the given part of it, is exactly `""`. */
  isDelete(field: number, repetition?: number, component?: number): boolean {
    if (repetition === undefined) return isNull(this.raw(field));
    if (component === undefined) return isNull(this.whole(field, repetition));
    return isNull(this.#component(field, repetition, component));
  }

  #text(raw: string): string {
    if (isNull(raw)) return '';
    if (this.#dialect.unescaped) return raw;
    return unescapeText(raw, this.#dialect.delimiters, this.#dialect.encoding);
  }

  /** MSH-1 and MSH-2 are made of delimiters; they are never split or unescaped. */
  #isHeader(field: number): boolean {
    return this.name === 'MSH' && field <= 2;
  }

  #splitOf(field: number): Split | undefined {
    const known = this.#split[field];
    if (known) return known;
    const raw = this.raw(field);
    if (raw === '') return undefined;
    const { repetition } = this.#dialect.delimiters;
    const split = {
      repetitions: this.#isHeader(field) ? [raw] : partsOf(raw, repetition),
      components: [],
    };
    this.#split[field] = split;
    return split;
  }

  #componentsOf(field: number, repetition: number): readonly string[] {
    const split = this.#splitOf(field);
    const raw = split?.repetitions[repetition - 1];
    if (!split || raw === undefined || raw === '') return NOTHING;
    const known = split.components[repetition - 1];
    if (known) return known;
    const components = this.#isHeader(field) ? [raw] : partsOf(raw, this.#dialect.delimiters.component);
    split.components[repetition - 1] = components;
    return components;
  }

  #component(field: number, repetition: number, component: number): string {
    return this.#componentsOf(field, repetition)[component - 1] ?? '';
  }

  #subcomponentsOf(raw: string): readonly string[] {
    // Whoever asks for one mostly asks for the next.
    if (this.#parted?.raw !== raw)
      this.#parted = { raw, parts: raw.split(this.#dialect.delimiters.subcomponent) };
    return this.#parted.parts;
  }

  #isParted(field: number, raw: string): boolean {
    const { delimiters, unparted } = this.#dialect;
    return !unparted && raw.includes(delimiters.subcomponent) && !this.#isHeader(field);
  }
}

function isNull(raw: string): boolean {
  return raw.length === 2 && raw === NULL;
}

/** What `split` gives, sooner: most fields are short and have few parts. */
function partsOf(raw: string, delimiter: string): readonly string[] {
  let at = delimiter === '' ? -1 : raw.indexOf(delimiter);
  if (at < 0) return [raw];
  const parts: string[] = [];
  let from = 0;
  for (; at >= 0; at = raw.indexOf(delimiter, from)) {
    parts.push(raw.slice(from, at));
    from = at + 1;
  }
  parts.push(raw.slice(from));
  return parts;
}
