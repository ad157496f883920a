// SPDX-License-Identifier: Apache-2.0
import HL7 from 'hl7-standard';
import { type Delimiters, STANDARD_DELIMITERS } from './hl7/delimiters.ts';
import { escapeText } from './hl7/escape.ts';
import type { Segment } from './hl7/segment.ts';

/** A segment to send: values by field number, already escaped and joined with the standard delimiters. */
export interface OutgoingSegment {
  readonly name: string;
  readonly fields: { readonly [field: number]: string };
}

/**
 * The text of a message of our own, in standard delimiters. hl7-standard lays it out; it neither escapes values nor writes
 * MSH-2 by itself, and closes each segment with a separator that belongs to no field.
 */
export function buildMessage(segments: readonly OutgoingSegment[]): string {
  const message = new HL7('', { lineEndings: '\r' });
  for (const { name, fields } of segments) {
    const segment = message.createSegment(name);
    if (name === 'MSH') segment.set('MSH.2', '^~\\&');
    for (const [field, value] of Object.entries(fields)) {
      if (value !== '') segment.set(`${name}.${field}`, value);
    }
  }
  const lines = message.build().split('\r').filter(Boolean);
  return lines.map((line) => `${withoutTrailing(line)}\r`).join('');
}

/** A value for `buildMessage`: components joined, each escaped, empty ones at the end left out. */
export function joinComponents(...components: readonly (string | number | undefined)[]): string {
  const values = components.map((component) => printText(component === undefined ? '' : String(component)));
  while (values.at(-1) === '') values.pop();
  return values.join(STANDARD_DELIMITERS.component);
}

export function printText(text: string): string {
  return escapeText(text, STANDARD_DELIMITERS);
}

/** The first repetition of a received field as a value for `buildMessage`, whatever delimiters it came in. */
export function echoField(segment: Segment, field: number): string {
  const { component, subcomponent }: Delimiters = STANDARD_DELIMITERS;
  const components: string[] = [];
  for (let c = 1; c <= segment.components(field); c++) {
    const parts: string[] = [];
    for (let s = 1; s <= segment.subcomponents(field, 1, c); s++) {
      parts.push(printText(segment.value(field, 1, c, s)));
    }
    components.push(parts.join(subcomponent));
  }
  return components.join(component);
}

function withoutTrailing(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === STANDARD_DELIMITERS.field) end--;
  return line.slice(0, end);
}
