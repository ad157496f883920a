// SPDX-License-Identifier: Apache-2.0
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
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** ED (§2A.2.24): data in the message itself, `^application^pdf^Base64^JVBERi0…`. */
export const encapsulatedData: TypeOf = () => ({
  kind: 'fill',
  fill(target, place, frame) {
    const data = base64Of(place.peek(4), place.peek(5));
    if (data === undefined) {
      if (place.peek(5) !== '')
        frame.run.report('warning', 'value', `${place.print(5)} is not in the encoding that it says`);
      return;
    }
    place.take(frame.run.taken, 4);
    place.take(frame.run.taken, 5);
    write(target, 'contentType', contentTypeOf(place, frame), place.print(3), frame);
    write(target, 'data', data, place.print(5), frame);
    const source = cleanCode(place.read(frame.run.taken, 1));
    if (source !== undefined) write(target, 'title', source, place.print(1), frame);
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
      write(target, 'title', cleanCode(place.read(frame.run.taken, 1))!, place.print(1), frame);
    }
    if (place.peek(3) !== '') {
      const type = contentTypeOf(place, frame, 3);
      write(target, 'contentType', type, place.print(3), frame);
    }
  },
});

function write(target: Element, name: string, value: string, field: string, frame: Frame): void {
  target[name] = value;
  frame.run.note(target, name, field);
}

function contentTypeOf(place: Place, frame: Frame, first = 2): string {
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
