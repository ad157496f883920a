// SPDX-License-Identifier: Apache-2.0
import { MOORING_BASE } from '../../fhir/resource.ts';
import { codeSystemUri } from '../codes.ts';
import type { Element } from '../element.ts';
import type { Frame } from '../frame.ts';
import type { Place } from '../place.ts';
import type { TypeOf } from './converter.ts';
import { cleanCode } from './text.ts';

/** HL7 table 0191 as the first half of a media type. */
const MEDIA: Readonly<Record<string, string>> = {
  TEXT: 'text',
  TX: 'text',
  FT: 'text',
  IM: 'image',
  IMAGE: 'image',
  AUDIO: 'audio',
  AU: 'audio',
  VIDEO: 'video',
  MULTIPART: 'multipart',
};
const SUBTYPES: Readonly<Record<string, string>> = {
  RTF: 'application/rtf',
  PDF: 'application/pdf',
  XML: 'application/xml',
};
/** Of an Attachment: the application that has made it (ED.1), or holds it (RP.2). It is no title for people. */
const SOURCE_APPLICATION = `${MOORING_BASE}/StructureDefinition/source-application`;
const ALTERNATE_CODES = 'http://hl7.org/fhir/StructureDefinition/alternate-codes';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** ED (§2A.2.24): data in the message itself, `^application^pdf^Base64^JVBERi0…`. */
export const encapsulatedData: TypeOf = () => ({
  kind: 'fill',
  fill(target, place, frame) {
    const data = base64Of(place.peek(4), place.peek(5));
    if (data === undefined) {
      if (place.peek(5) !== '')
        frame.run.warn('value', place.print(5), 'is not in the encoding that it says');
      return;
    }
    place.take(frame.run.taken, 4);
    place.take(frame.run.taken, 5);
    writeContentType(target, place, 2, frame);
    write(target, 'data', data, place.print(5), frame);
    writeSource(target, place, 1, frame);
  },
});

/** RP (§2A.2.65): data that lies elsewhere. */
export const referencePointer: TypeOf = () => ({
  kind: 'fill',
  fill(target, place, frame) {
    const pointer = place.peek(1).trim();
    if (pointer === '') return;
    if (/^[a-z][a-z0-9+.-]*:\S+$/i.test(pointer)) {
      place.take(frame.run.taken, 1);
      write(target, 'url', pointer, place.print(1), frame);
    } else {
      const title = cleanCode(place.read(frame.run.taken, 1));
      if (title !== undefined) write(target, 'title', title, place.print(1), frame);
    }
    writeSource(target, place, 2, frame);
    if (place.peek(3) !== '') writeContentType(target, place, 3, frame);
  },
});

function write(target: Element, name: string, value: string, field: string, frame: Frame): void {
  target[name] = value;
  frame.run.note(target, name, field);
}

function writeSource(target: Element, place: Place, component: number, frame: Frame): void {
  const source = cleanCode(place.read(frame.run.taken, component));
  if (source === undefined) return;
  const extension = { url: SOURCE_APPLICATION, valueString: source };
  target['extension'] = [extension];
  frame.run.note(extension, 'valueString', place, component);
}

/** The media type; when only its first half is known (table 0191), that as well as it was sent. */
function writeContentType(target: Element, place: Place, first: number, frame: Frame): void {
  const alone = cleanCode(place.peek(first));
  write(target, 'contentType', contentTypeOf(place, frame, first), place.print(first + 1), frame);
  if (alone === undefined || place.peek(first + 1) !== '') return;
  const concept = { coding: [{ system: codeSystemUri('v2-0191'), code: alone }] };
  target['_contentType'] = { extension: [{ url: ALTERNATE_CODES, valueCodeableConcept: concept }] };
  frame.run.note(concept.coding[0]!, 'code', place, first);
}

function contentTypeOf(place: Place, frame: Frame, first: number): string {
  const type = (cleanCode(place.read(frame.run.taken, first)) ?? 'application').toUpperCase();
  const subtype = cleanCode(place.read(frame.run.taken, first + 1));
  if (subtype === undefined) return MEDIA[type] === 'text' ? 'text/plain' : 'application/octet-stream';
  const known = SUBTYPES[subtype.toUpperCase()];
  const main = MEDIA[type] ?? (type.toLowerCase() === 'ap' ? 'application' : type.toLowerCase());
  return (known ?? `${main}/${subtype.toLowerCase()}`).replace(/\s/g, '-');
}

/** HL7 table 0299: A is plain text, Hex pairs of digits. */
function base64Of(encoding: string, data: string): string | undefined {
  if (data === '') return undefined;
  if (/^base64$/i.test(encoding)) {
    const joined = data.replace(/\s/g, '');
    return BASE64.test(joined) ? joined : undefined;
  }
  if (/^hex$/i.test(encoding)) {
    return /^(?:[0-9a-f]{2})+$/i.test(data) ? Buffer.from(data, 'hex').toString('base64') : undefined;
  }
  return /^(a|)$/i.test(encoding) ? Buffer.from(data, 'utf8').toString('base64') : undefined;
}
