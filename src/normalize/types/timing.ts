// SPDX-License-Identifier: Apache-2.0
import { setDecimal } from '../../fhir/json.ts';
import { toFhirTime } from '../../ingest/hl7/timestamp.ts';
import type { Element } from '../element.ts';
import type { Frame } from '../frame.ts';
import type { Place } from '../place.ts';
import type { Fill, TypeOf } from './converter.ts';
import { type Amount, amountOf, minutesIn, UCUM } from './duration.ts';
import { decimalLiteral } from './number.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** RPT.2 to RPT.4 (§2A.2.64): `DW^1^5` is from Monday to Friday. */
export const daysOfWeek: TypeOf = () =>
  repeating((repeat, place, frame) => {
    const { taken } = frame.run;
    const first = dayOf(place.peek(3));
    if (place.peek(2).trim().toUpperCase() !== 'DW' || (first === undefined && place.peek(4) === '')) return;
    const last = place.peek(4) === '' ? first : dayOf(place.peek(4));
    const from = place.peek(3) === '' ? last : first;
    if (from === undefined || last === undefined) return;
    const count = ((last - from + 7) % 7) + 1;
    repeat['dayOfWeek'] = Array.from({ length: count }, (_, index) => DAYS[(from + index) % 7]);
    for (const part of [2, 3, 4]) if (place.peek(part) !== '') place.take(taken, part);
    frame.run.note(repeat, 'dayOfWeek', place, 3);
  });

/** From 0 for Monday. */
function dayOf(text: string): number | undefined {
  return /^[1-7]$/.test(text.trim()) ? Number(text) - 1 : undefined;
}

/** RPT.5 and RPT.6: a period has a unit in FHIR (tim-2), one of seven. */
export const period: TypeOf = () =>
  repeating((repeat, place, frame) => {
    const literal = decimalLiteral(place.peek(5));
    if (literal === undefined) return;
    const amount = amountOf(literal, place.peek(6));
    if (!amount) {
      frame.run.warn('value', place.print(6), 'is no unit of time');
      return;
    }
    setDecimal(repeat, 'period', amount.value);
    repeat['periodUnit'] = amount.unit;
    place.take(frame.run.taken, 5);
    place.take(frame.run.taken, 6);
    frame.run.note(repeat, 'period', place, 5);
    frame.run.note(repeat, 'periodUnit', place, 6);
  });

/** RPT.9 and RPT.10, in minutes as FHIR has it. */
export const offset: TypeOf = () => offsetAt(9);
/** The same from a CQ. */
export const quantityOffset: TypeOf = () => offsetAt(1);

function offsetAt(part: number): Fill {
  return repeating((repeat, place, frame) => {
    // FHIR has no offset without an event that it is from (tim-9).
    if (repeat['when'] === undefined) return;
    const minutes = minutesIn(place.peek(part), place.peek(part + 1));
    if (minutes === undefined) return;
    repeat['offset'] = minutes;
    takeAmount(place, part, frame);
    frame.run.note(repeat, 'offset', place, part);
  });
}

/** A CQ of how long something takes each time. */
export const quantityDuration: TypeOf = () =>
  repeating((repeat, place, frame) => {
    const literal = decimalLiteral(place.peek(1));
    const amount = literal === undefined ? undefined : amountOf(literal, place.peek(2));
    if (!amount) return;
    setDecimal(repeat, 'duration', amount.value);
    repeat['durationUnit'] = amount.unit;
    takeAmount(place, 1, frame);
    frame.run.note(repeat, 'duration', place);
  });

/** A CQ of time as a Duration. */
export const spanOfTime: TypeOf = () => ({
  kind: 'fill',
  fill(target, place, frame) {
    const literal = decimalLiteral(place.peek(1));
    const amount = literal === undefined ? undefined : amountOf(literal, place.peek(2));
    if (!amount) return;
    writeDuration(target, amount);
    takeAmount(place, 1, frame);
    frame.run.note(target, 'value', place);
  },
});

function takeAmount(place: Place, part: number, frame: Frame): void {
  place.take(frame.run.taken, part);
  if (place.peek(part + 1) !== '') place.take(frame.run.taken, part + 1);
}

function writeDuration(target: Element, { value, unit }: Amount): void {
  setDecimal(target, 'value', value);
  Object.assign(target, { unit, system: UCUM, code: unit });
}

/** RI.2 (§2A.2.66): `0800,1200,1800`. */
export const timesOfDay: TypeOf = () =>
  repeating((repeat, place, frame) => {
    const written = place.peek().trim();
    if (!/^\d{4}(?:\s*,\s*\d{4})*$/.test(written)) return;
    try {
      repeat['timeOfDay'] = written.split(',').map((time) => toFhirTime(time));
      place.take(frame.run.taken);
      frame.run.note(repeat, 'timeOfDay', place);
    } catch {
      frame.run.warn('value', place.print(), 'is no list of times of day');
    }
  });

function repeating(fill: (repeat: Element, place: Place, frame: Frame) => void): Fill {
  return { kind: 'fill', fill };
}

/** TQ.3 (chapter 4, §4.3.3): `H8`, `D10`, `W2` as a Duration. `INDEF` and `X3`, which are none, stay what they are. */
export const duration: TypeOf = () => ({
  kind: 'fill',
  fill(target, place, frame) {
    const [, unit, value] = /^([SMHDWL])(\d{1,6})$/.exec(place.peek().trim()) ?? [];
    const literal = value === undefined ? undefined : decimalLiteral(value);
    const amount = literal === undefined ? undefined : amountOf(literal, unit!);
    if (!amount) return;
    writeDuration(target, amount);
    place.take(frame.run.taken);
    frame.run.note(target, 'value', place);
  },
});
