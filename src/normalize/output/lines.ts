// SPDX-License-Identifier: Apache-2.0
import type { Segment } from '../../ingest/hl7/message.ts';
import type { Element } from '../element.ts';
import type { Instance } from '../instance.ts';
import type { Run } from '../run.ts';

/** The name that message files give to the result of a report. */
const RESULT = 'result';
const SET_ID = 1;
const VALUE_TYPE = 2;
const VALUE = 5;

/**
 * Older systems send a text line by line, each line in an OBX that differs in nothing else. By OBX-3 and OBX-4 these are one observation
 * (HL7 v2 §7.4.2.4): the first is told, with all of them, empty ones included. As many Observations as lines would leave lines of an
 * earlier text standing when a shorter one corrects it.
 */
export function uniteLines(run: Run): void {
  let first: Instance | undefined;
  let last: Instance | undefined;
  let blank = '';
  for (const instance of run.instances) {
    if (instance.name !== RESULT || !isText(instance)) continue;
    if (!first || !last || !continues(last, instance) || !saysTheSame(first, instance)) {
      [first, blank] = [instance, ''];
    } else {
      const [text, line] = [first.resource['valueString'], instance.resource['valueString']];
      blank += '\n';
      if (line !== undefined) {
        first.resource['valueString'] = text === undefined ? line : `${text}${blank}${line}`;
        blank = '';
      }
      takeOver(first, instance, run);
    }
    last = instance;
  }
}

function isText({ segment }: Instance): boolean {
  const type = segment.value(VALUE_TYPE);
  return type === 'TX' || type === 'FT';
}

/** Whether the segment of the one follows that of the other, below the same order, and says the same but for its text. */
function continues(one: Instance, { segment, group }: Instance): boolean {
  if (segment.index !== one.segment.index + 1 || group.parent !== one.group.parent) return false;
  const fields = Math.max(segment.fieldCount, one.segment.fieldCount);
  const same = (field: number) => field === SET_ID || field === VALUE || isSame(segment, one.segment, field);
  return Array.from({ length: fields }, (_, index) => index + 1).every(same);
}

const isSame = (one: Segment, other: Segment, field: number) => one.raw(field) === other.raw(field);

/** A note behind a line is of that line alone. */
function saysTheSame(one: Instance, other: Instance): boolean {
  const printed = ({ resource }: Instance) => JSON.stringify({ ...resource, valueString: '' });
  return printed(one) === printed(other);
}

/** What is left of the other is nothing: it isn't made, and nothing refers to it. */
function takeOver(one: Instance, other: Instance, run: Run): void {
  if (run.explaining) {
    const places = new Map<object, object>();
    pair(other.resource, one.resource, places);
    for (const [index, note] of run.notes.entries()) {
      const container = places.get(note.container);
      if (container) run.notes[index] = { ...note, container };
    }
  }
  for (const name of Object.keys(other.resource))
    if (name !== 'resourceType' && name !== 'id') delete other.resource[name];
  other.refers = false;
  other.same = one;
}

/** Which object of the one stands where an object of the other does. */
function pair(one: Element, other: Element, places: Map<object, object>): void {
  places.set(one, other);
  for (const [name, value] of Object.entries(one)) {
    const there = other[name];
    if (typeof value === 'object' && value !== null && typeof there === 'object' && there !== null)
      pair(value as Element, there as Element, places);
  }
}
