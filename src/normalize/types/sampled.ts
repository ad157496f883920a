// SPDX-License-Identifier: Apache-2.0
import type { Element } from '../element.ts';
import type { Frame } from '../frame.ts';
import type { Place } from '../place.ts';
import type { TypeOf } from './converter.ts';
import { decimalLiteral } from './number.ts';

/** What SampledData must have in R4 and an NA or MA doesn't say. */
const unknown = (): Element => ({
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
});

/**
 * NA (§2A.2.45) as SampledData: one row is the samples of one channel, one after the other; of several, each is a point in time with as
 * many values as it has components.
 */
export const numericArray: TypeOf = () => ({
  kind: 'fill',
  outward: true,
  fill: (target, place, frame) =>
    fillSamples(target, place, frame, place.segment.repetitions(place.field) > 1),
});

/** MA (§2A.2.41): each repetition is a point in time, its components are the channels. */
export const multiplexedArray: TypeOf = () => ({
  kind: 'fill',
  outward: true,
  fill: (target, place, frame) => fillSamples(target, place, frame, true),
});

/** Numbers keep their digits; where none is, FHIR writes E. */
function fillSamples(target: Element, place: Place, frame: Frame, multiplexed: boolean): void {
  const values = valuesOf(place, frame);
  if (values.length === 0) return;
  const channels = (target['dimensions'] as number | undefined) ?? values.length;
  if (multiplexed && values.length > channels) {
    frame.run.warn('value', place.print(), 'has more values than the repetition before it');
    return;
  }
  if (target['data'] === undefined) {
    target['origin'] ??= unknown();
    target['_period'] = unknown();
    target['dimensions'] = multiplexed ? values.length : 1;
    target['data'] = '';
  }
  for (let component = 1; component <= values.length; component++)
    if (place.peek(component) !== '') place.take(frame.run.taken, component);
  while (values.length < channels) values.push('E');
  append(target, values);
  frame.run.note(target, 'data', place);
}

function valuesOf(place: Place, frame: Frame): string[] {
  const values: string[] = [];
  for (let component = 1; component <= place.components; component++) {
    const written = place.peek(component);
    const literal = decimalLiteral(written);
    if (literal === undefined && written.trim() !== '') {
      frame.run.warn('value', place.print(component), 'is no number');
      return [];
    }
    values.push(literal ?? 'E');
  }
  return values.every((value) => value === 'E') ? [] : values;
}

function append(target: Element, values: readonly string[]): void {
  const before = target['data'] as string;
  target['data'] = `${before}${before === '' ? '' : ' '}${values.join(' ')}`;
}
