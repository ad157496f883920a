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

/** A field of several repetitions, split when it is first asked for: most of a message never is. */
interface Repeated {
  readonly repetitions: readonly string[];
  /** By repetition, from 1; those of the first stand with those of other fields. */
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
  /** By field, the components of its first repetition; few fields have another. */
  readonly #components: (readonly string[] | undefined)[];
  #repeated: Map<number, Repeated> | undefined;
  #extents: readonly number[] | undefined;
  #parted: { readonly raw: string; readonly parts: readonly string[] } | undefined;

  /** `fields[n]` is field n; `fields[0]` the name. */
  constructor(fields: readonly string[], index: number, sequence: number, dialect: Dialect) {
    this.name = fields[0] ?? '';
    this.index = index;
    this.sequence = sequence;
    this.#fields = fields;
    this.#components = new Array(fields.length);
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
    const extents: number[] = new Array(Math.ceil((this.#fields.length - 1) / EXTENTS)).fill(0);
    for (let field = 1; field < this.#fields.length; field++) {
      const raw = this.#fields[field]!;
      if (raw === '') continue;
      const extent = this.repetitions(field) > 1 ? REPEATED : extentOf(raw);
      const at = Math.floor((field - 1) / EXTENTS);
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
    const raw = this.raw(field);
    return raw === '' ? 0 : (this.#repeatedOf(field, raw)?.repetitions.length ?? 1);
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
    const raw = this.raw(field);
    const repeated = this.#repeatedOf(field, raw);
    if (!repeated) return repetition === 1 ? raw : '';
    return repeated.repetitions[repetition - 1] ?? '';
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

  #repeatedOf(field: number, raw: string): Repeated | undefined {
    const known = this.#repeated?.get(field);
    if (known || this.#components[field]) return known;
    const { repetition } = this.#dialect.delimiters;
    if (repetition === '' || !raw.includes(repetition) || this.#isHeader(field)) return undefined;
    const repeated: Repeated = { repetitions: partsOf(raw, repetition), components: [] };
    this.#repeated ??= new Map();
    this.#repeated.set(field, repeated);
    return repeated;
  }

  #componentsOf(field: number, repetition: number): readonly string[] {
    const known =
      repetition === 1 ? this.#components[field] : this.#repeated?.get(field)?.components[repetition];
    if (known) return known;
    const raw = this.whole(field, repetition);
    if (raw === '') return NOTHING;
    const components = this.#isHeader(field) ? [raw] : partsOf(raw, this.#dialect.delimiters.component);
    if (repetition === 1) this.#components[field] = components;
    else this.#repeated!.get(field)!.components[repetition] = components;
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
  let from = 0;
  FOUND.length = 0;
  for (; at >= 0; at = raw.indexOf(delimiter, from)) {
    FOUND.push(raw.slice(from, at));
    from = at + 1;
  }
  FOUND.push(raw.slice(from));
  return FOUND.slice();
}

/** An array that grows takes more room than it needs, which a copy of it doesn't. */
const FOUND: string[] = [];
