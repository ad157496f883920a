// SPDX-License-Identifier: Apache-2.0
import type { CodeMap } from '../codes.ts';
import type { Element } from '../element.ts';
import type { Frame } from '../frame.ts';
import type { Place } from '../place.ts';

/** A FHIR decimal by its literal, since its precision carries meaning. */
export class Decimal {
  readonly literal: string;
  constructor(literal: string) {
    this.literal = literal;
  }
}

export type Primitive = string | number | boolean | Decimal;

/** Reads a primitive; undefined when nothing usable is there. What it uses, it takes. */
export interface Leaf {
  readonly kind: 'leaf';
  read(place: Place, frame: Frame): Primitive | undefined;
  /** It has something to say even when its place is empty. */
  readonly always?: boolean;
  /** It reads all repetitions of the field at once. */
  readonly wholeField?: boolean;
  /** What it makes of a place depends on what stands elsewhere in the message. */
  readonly outward?: boolean;
}

/** Fills a complex element, leaving what is there; one that stays empty is thrown away. */
export interface Fill {
  readonly kind: 'fill';
  readonly always?: boolean;
  readonly outward?: boolean;
  fill(target: Element, place: Place, frame: Frame): void;
}

export type Converter = Leaf | Fill;

/** What a row says beside the type: `as code with administrative-sex`, `as date!`. */
export interface TypeOptions {
  readonly codes?: CodeMap;
  /** A value that can't be converted makes the message fail, rather than being reported and left out. */
  readonly strict: boolean;
}

export type TypeOf = (options: TypeOptions) => Converter;
