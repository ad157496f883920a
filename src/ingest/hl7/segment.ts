// SPDX-License-Identifier: Apache-2.0
import type { Delimiters } from './delimiters.ts';
import { unescapeText } from './escape.ts';

/** What all segments of a message share. */
export interface Dialect {
  readonly delimiters: Delimiters;
  /** Encoding of the message, for the bytes of `\X…\` escapes. */
  readonly encoding: string;
}

/** A field, repetition or component, split when it is first asked for: most of a message never is. */
interface Part {
  readonly raw: string;
  parts?: readonly Part[];
}

/** HL7 null (§2.5.3): the sender wants what is stored to go, where an empty field says nothing about it. */
const NULL = '""';

const NOTHING: Part = { raw: '', parts: [] };

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
  readonly #split: (Part | undefined)[] = [];

  /** `fields[n]` is field n; `fields[0]` the name. */
  constructor(fields: readonly string[], index: number, sequence: number, dialect: Dialect) {
    this.name = fields[0] ?? '';
    this.index = index;
    this.sequence = sequence;
    this.#fields = fields;
    this.#dialect = dialect;
  }

  /** Number of the last field that was sent. */
  get fieldCount(): number {
    return this.#fields.length - 1;
  }

  /** The field as it was sent: escaped, with all its delimiters. */
  raw(field: number): string {
    return field < 1 ? '' : (this.#fields[field] ?? '');
  }

  /** How many repetitions the field has; 0 when it is empty. */
  repetitions(field: number): number {
    const raw = this.raw(field);
    if (raw === '') return 0;
    return this.#whole(field, raw) ? 1 : this.#repetitionsOf(field).length;
  }

  /** How many components the repetition has; 0 when it is empty. */
  components(field: number, repetition = 1): number {
    return this.#componentsOf(this.#repetition(field, repetition), field).length;
  }

  /** How many subcomponents the component has; 0 when it is empty. */
  subcomponents(field: number, repetition = 1, component = 1): number {
    return this.#subcomponentsOf(this.#component(field, repetition, component), field).length;
  }

  /** The unescaped text at a position; '' when nothing is there or it is the HL7 null `""` (see `isDelete`). */
  value(field: number, repetition = 1, component = 1, subcomponent = 1): string {
    const raw = this.raw(field);
    if (raw === '') return '';
    if (this.#whole(field, raw)) {
      if (repetition !== 1 || component !== 1 || subcomponent !== 1) return '';
      return this.#isHeader(field) ? raw : this.#text(raw);
    }
    const { delimiters } = this.#dialect;
    const part = this.#component(field, repetition, component);
    if (delimiters.subcomponent === '' || !part.raw.includes(delimiters.subcomponent)) {
      return subcomponent === 1 ? this.#text(part.raw) : '';
    }
    return this.#text(this.#subcomponentsOf(part, field)[subcomponent - 1]?.raw ?? '');
  }

  /** The repetition as it was sent: escaped, with its delimiters. */
  whole(field: number, repetition = 1): string {
    return this.#repetition(field, repetition).raw;
  }

  /** Whether the sender asks for deletion: the field, or the given part of it, is exactly `""`. */
  isDelete(field: number, repetition?: number, component?: number): boolean {
    if (repetition === undefined) return this.raw(field) === NULL;
    if (component === undefined) return this.whole(field, repetition) === NULL;
    return this.#component(field, repetition, component).raw === NULL;
  }

  #text(raw: string): string {
    if (raw === NULL) return '';
    return unescapeText(raw, this.#dialect.delimiters, this.#dialect.encoding);
  }

  /** MSH-1 and MSH-2 are made of delimiters; they are never split or unescaped. */
  #isHeader(field: number): boolean {
    return this.name === 'MSH' && field <= 2;
  }

  #whole(field: number, raw: string): boolean {
    if (this.#split[field]) return false;
    const { component, repetition, subcomponent } = this.#dialect.delimiters;
    return (
      this.#isHeader(field) ||
      !(
        raw.includes(component) ||
        (repetition !== '' && raw.includes(repetition)) ||
        (subcomponent !== '' && raw.includes(subcomponent))
      )
    );
  }

  #repetitionsOf(field: number): readonly Part[] {
    const raw = this.raw(field);
    if (raw === '') return [];
    let part = this.#split[field];
    if (!part) {
      part = { raw };
      this.#split[field] = part;
    }
    return this.#partsOf(part, this.#dialect.delimiters.repetition, field);
  }

  #repetition(field: number, repetition: number): Part {
    return this.#repetitionsOf(field)[repetition - 1] ?? NOTHING;
  }

  #componentsOf(repetition: Part, field: number): readonly Part[] {
    return this.#partsOf(repetition, this.#dialect.delimiters.component, field);
  }

  #component(field: number, repetition: number, component: number): Part {
    return this.#componentsOf(this.#repetition(field, repetition), field)[component - 1] ?? NOTHING;
  }

  #subcomponentsOf(component: Part, field: number): readonly Part[] {
    return this.#partsOf(component, this.#dialect.delimiters.subcomponent, field);
  }

  #partsOf(part: Part, delimiter: string, field: number): readonly Part[] {
    if (part.raw === '') return [];
    part.parts ??=
      delimiter === '' || this.#isHeader(field)
        ? [{ raw: part.raw }]
        : part.raw.split(delimiter).map((raw) => ({ raw }));
    return part.parts;
  }
}
