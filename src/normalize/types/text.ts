// SPDX-License-Identifier: Apache-2.0
import { Place } from '../place.ts';
import { codingSystemOf } from './authority.ts';
import type { Leaf, TypeOf } from './converter.ts';

// FHIR R4 §2.24.0.1: a string has no control characters but tab, CR and LF; the published schema allows no other white space than these and space.
const UNUSUAL = /[^\P{Cc}\t\n\r]|[^\S\t\n\r ]/u;
const UNUSUAL_ALL = new RegExp(UNUSUAL, 'gu');

/** What most texts and codes are, looked for first: ASCII to be seen, and spaces within if they may be. */
function isPlain(text: string, least: number): boolean {
  const last = text.length - 1;
  for (let at = 0; at <= last; at++) {
    const code = text.charCodeAt(at);
    if (code < least || code > TILDE) return false;
  }
  return text.charCodeAt(0) !== SPACE && text.charCodeAt(last) !== SPACE;
}

const SPACE = 0x20;
const TILDE = 0x7e;

/** The text as a FHIR string, or undefined when there is nothing in it. */
export function cleanText(text: string): string | undefined {
  if (text === '') return undefined;
  if (isPlain(text, SPACE)) return text;
  const clean = UNUSUAL.test(text) ? text.replace(UNUSUAL_ALL, ' ') : text;
  const trimmed = clean.trimEnd();
  return trimmed.trim() === '' ? undefined : trimmed;
}

/** A FHIR code has no white space around it, and single spaces within. */
export function cleanCode(text: string): string | undefined {
  if (text === '') return undefined;
  if (isPlain(text, SPACE + 1)) return text;
  const code = (cleanText(text) ?? '').trim().replace(/\s+/g, ' ');
  return code === '' ? undefined : code;
}

export const string: TypeOf = () => ({
  kind: 'leaf',
  read: (place, { run }) => cleanText(place.read(run.taken)),
});

/** A value in which white space has no meaning: identifiers, lot numbers, postal codes. */
export const token: TypeOf = () => ({
  kind: 'leaf',
  read: (place, { run }) => cleanCode(place.read(run.taken)),
});

/** R4 §2.24.0.1: an id is up to 64 letters, digits, hyphens and points; what is none stays with the message. */
export const id: TypeOf = () => ({
  kind: 'leaf',
  read(place, { run }) {
    const written = place.peek().trim();
    if (!/^[A-Za-z0-9.-]{1,64}$/.test(written)) return undefined;
    place.take(run.taken);
    return written;
  },
});

/** The whole of a text field, with delimiters that its sender forgot to escape. */
export const text: TypeOf = () => ({
  kind: 'leaf',
  read: (place, { run }) => cleanText(place.readWhole(run.taken, run.message.delimiters)),
});

/** Text as a narrative (R4 §2.4.0): one paragraph of XHTML. */
export const xhtml: TypeOf = () => ({
  kind: 'leaf',
  read(place, { run }) {
    const text = cleanText(place.readWhole(run.taken, run.message.delimiters));
    const escaped = text?.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    return escaped === undefined ? undefined : `<div xmlns="http://www.w3.org/1999/xhtml">${escaped}</div>`;
  },
});

/** HL7 v2 §2A.2.78: the repetitions of a TX field are its lines. */
export const lines: TypeOf = () => ({
  kind: 'leaf',
  wholeField: true,
  outward: true,
  read(place, { run }) {
    const { segment, field } = place;
    const found: string[] = [];
    for (let repetition = 1; repetition <= segment.repetitions(field); repetition++) {
      const line = new Place(segment, field, repetition);
      found.push(line.readWhole(run.taken, run.message.delimiters));
    }
    return cleanText(found.join('\n'));
  },
});

/** The rule by which the words beside such a code are left out. */
export const SAID_BY_CODE = 'said-by-code';

/** A code of FHIR's own, from the code map of the row; without a map, the text as it is. */
export const code: TypeOf = ({ codes }): Leaf => ({
  kind: 'leaf',
  read(place, { run }) {
    // The alternate code of a CWE stands in for one that isn't there.
    const part = place.component === 0 && place.peek().trim() === '' && place.peek(4) !== '' ? 4 : 1;
    const written = cleanCode(place.peek(part));
    if (written === undefined) return undefined;
    if (!codes) return cleanCode(place.read(run.taken, part));
    const target = codes.translate(written);
    if (target) {
      run.unknownCodes.know(place, written);
      place.take(run.taken, part);
      const system = place.read(run.taken, part + 2).trim();
      if (system !== '') codingSystemOf(system, run, place, part + 2);
      // The words that come with a code which FHIR fixes say nothing more.
      if (place.peek(part + 1) !== '') run.leaveOut(place.inner(part + 1), SAID_BY_CODE);
      return target.code;
    }
    run.warn('code-invalid', place.print(), "is a code that the mapping doesn't know");
    run.unknownCodes.lack(place, [1, 2, 3], codes.name);
    return undefined;
  },
});

/** HL7 table 0136. */
export const boolean: TypeOf = () => ({
  kind: 'leaf',
  read(place, { run }) {
    const written = place.peek().trim().toUpperCase();
    if (written !== 'Y' && written !== 'N') {
      if (written !== '') run.warn('code-invalid', place.print(), 'is neither Y nor N');
      return undefined;
    }
    place.take(run.taken);
    return written === 'Y';
  },
});

/** A URL as it is, if it can be one. */
export const url: TypeOf = () => ({
  kind: 'leaf',
  read(place, { run }) {
    const written = place.peek().trim();
    if (written === '' || /\s/.test(written)) return undefined;
    place.take(run.taken);
    return written;
  },
});
