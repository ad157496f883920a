// SPDX-License-Identifier: Apache-2.0

import { setDecimal } from '../../fhir/json.ts';
import type { Element } from '../element.ts';
import type { Frame } from '../frame.ts';
import type { Place } from '../place.ts';
import { Decimal, type TypeOf } from './converter.ts';

const NM = /^([+-]?)(\d*)(?:\.(\d*))?$/;
/** Longer ones are no measurements, and would not survive as numbers. */
const MAX_DIGITS = 40;

/** An NM (HL7 v2 §2A.2.46) as the literal of a FHIR decimal: all digits stay, `+1.5`, `.5` and `007` become valid JSON. */
export function decimalLiteral(text: string): string | undefined {
  const [, sign, whole, fraction] = NM.exec(text.trim()) ?? [];
  if (whole === undefined || (whole === '' && !fraction)) return undefined;
  if (whole.length + (fraction?.length ?? 0) > MAX_DIGITS) return undefined;
  const digits = whole.replace(/^0+(?=\d)/, '') || '0';
  return `${sign === '-' ? '-' : ''}${digits}${fraction ? `.${fraction}` : ''}`;
}

export const decimal: TypeOf = () => ({
  kind: 'leaf',
  read(place, { run }) {
    const literal = readDecimal(place, 1, { run } as Frame);
    return literal === undefined ? undefined : new Decimal(literal);
  },
});

function integerType(least: number): TypeOf {
  return () => ({
    kind: 'leaf',
    read(place, { run }) {
      const written = place.peek().trim();
      const value = Number(written);
      if (written === '' || !/^\+?\d{1,10}$/.test(written) || value < least || value > 2 ** 31 - 1) {
        if (written !== '') run.warn('value', place.print(), `is no whole number from ${least}`);
        return undefined;
      }
      place.take(run.taken);
      return value;
    },
  });
}

export const positiveInt: TypeOf = integerType(1);
export const unsignedInt: TypeOf = integerType(0);

const ORIGINAL_TEXT = 'http://hl7.org/fhir/StructureDefinition/originalText';
const COMPARATORS = new Set(['<', '<=', '>=', '>']);

/** SN (§2A.2.69) as the Quantity it is when it has no second number. */
export const structuredQuantity: TypeOf = () => ({
  kind: 'fill',
  fill(target, place, frame) {
    const value = readDecimal(place, 2, frame);
    if (value === undefined) return;
    if (place.peek(3) !== '' || place.peek(4) !== '') writeOriginal(target, place, frame);
    setDecimal(target, 'value', value);
    frame.run.note(target, 'value', place, 2);
    const comparator = place.peek(1).trim();
    if (comparator === '=' || comparator === '') place.read(frame.run.taken, 1);
    if (!COMPARATORS.has(comparator)) return;
    place.take(frame.run.taken, 1);
    target['comparator'] = comparator;
    frame.run.note(target, 'comparator', place, 1);
  },
});

/** SN `^10^-^20`. */
export const structuredRange: TypeOf = () => ({ kind: 'fill', fill: pair('low', 'high') });
/** SN `^1^:^128`. */
export const structuredRatio: TypeOf = () => ({ kind: 'fill', fill: pair('numerator', 'denominator') });

function pair(first: string, second: string) {
  return (target: Element, place: Place, frame: Frame) => {
    if (decimalLiteral(place.peek(2)) === undefined || decimalLiteral(place.peek(4)) === undefined) return;
    const one = readDecimal(place, 2, frame)!;
    const other = readDecimal(place, 4, frame)!;
    const comparator = place.peek(1).trim();
    writeOriginal(target, place, frame);
    for (const [name, literal, part] of [
      [first, one, 2],
      [second, other, 4],
    ] as const) {
      const quantity: Element = {};
      if (name === 'numerator' && COMPARATORS.has(comparator)) {
        quantity['comparator'] = comparator;
        place.take(frame.run.taken, 1);
      }
      setDecimal(quantity, 'value', literal);
      target[name] = quantity;
      frame.run.note(quantity, 'value', place, part);
    }
  };
}

function writeOriginal(target: Element, place: Place, frame: Frame): void {
  const parts = [1, 2, 3, 4].map((part) => place.read(frame.run.taken, part).trim());
  const extension = { url: ORIGINAL_TEXT, valueString: parts.filter((part) => part !== '').join(' ') };
  target['extension'] = [...((target['extension'] as Element[] | undefined) ?? []), extension];
  frame.run.note(extension, 'valueString', place, 2);
}

function readDecimal(place: Place, component: number, { run }: Frame): string | undefined {
  const written = place.peek(component);
  const literal = decimalLiteral(written);
  if (literal !== undefined) place.take(run.taken, component);
  else if (written.trim() !== '') run.warn('value', place.print(component), 'is no number');
  return literal;
}
