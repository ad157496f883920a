// SPDX-License-Identifier: Apache-2.0
import { decode, ISO_2022_JP } from './decode.ts';
import type { Delimiters } from './delimiters.ts';

/**
 * The text that a value stands for (HL7 v2 §2.7). Sequences that are unknown, local (`\Z…\`) or malformed stay as they were
 * written: better an odd backslash in a note than a lost word. `encoding` is the message's, for the bytes of `\X…\`.
 */
export function unescapeText(value: string, delimiters: Delimiters, encoding = 'utf-8'): string {
  const mark = delimiters.escape;
  if (mark === '') return value;
  let start = value.indexOf(mark);
  if (start < 0) return value;
  let text = '';
  let from = 0;
  let shifted = false;
  while (start >= 0) {
    const end = value.indexOf(mark, start + 1);
    if (end < 0) break;
    const sequence = value.slice(start + 1, end);
    const found = HEX.test(sequence)
      ? bytesAt(value, mark, end, sequence, encoding)
      : { text: meaningOf(sequence, delimiters), end };
    if (found?.text === undefined) {
      // The closing mark may open the next sequence: "50\60 \F\" holds one sequence, not two halves.
      start = end;
      continue;
    }
    shifted ||= isShift(sequence);
    text += value.slice(from, start);
    // §2.7.6: centring ends the line before, where there is one.
    const beginsLine = text === '' || text.endsWith('\n');
    if (!beginsLine || !CENTRE.test(sequence)) text += found.text;
    from = found.end + 1;
    start = value.indexOf(mark, from);
  }
  text += value.slice(from);
  return shifted ? (decodeShifts(text) ?? value) : text;
}

/** Writes a text as a value: what would be read as structure, or end the segment or frame, becomes an escape sequence. */
export function escapeText(text: string, delimiters: Delimiters): string {
  const mark = delimiters.escape;
  if (mark === '' || !needsEscape(text, delimiters)) return text;
  let value = '';
  for (const character of text) value += sequenceFor(character, delimiters) ?? character;
  return value;
}

function meaningOf(sequence: string, delimiters: Delimiters): string | undefined {
  switch (sequence) {
    case '':
      return undefined;
    case 'F':
      return delimiters.field;
    case 'S':
      return delimiters.component;
    case 'T':
      return delimiters.subcomponent;
    case 'R':
      return delimiters.repetition;
    case 'E':
      return delimiters.escape;
    case 'P':
      return delimiters.truncation ?? '#';
    case 'H': // highlighting starts and ends: plain text has none
    case 'N':
      return '';
  }
  if (sequence.startsWith('.')) return formatOf(sequence.slice(1));
  if (isShift(sequence)) return `\u001b${Buffer.from(sequence.slice(1), 'hex').toString('latin1')}`;
  return undefined;
}

const CENTRE = /^\.ce$/i;
const HEX = /^X(?:[0-9A-Fa-f]{2})+$/;
/** Bytes that a character has at most. */
const MAX_JOINED = 4;

/** The text of the bytes in a sequence; some senders write one for each byte of a character, which then follow without a gap. */
function bytesAt(value: string, mark: string, firstEnd: number, first: string, encoding: string) {
  let hex = first.slice(1);
  let end = firstEnd;
  for (let joined = 1; joined <= MAX_JOINED; joined++) {
    const text = bytesOf(Buffer.from(hex, 'hex'), encoding);
    if (text !== undefined) return { text, end };
    const close = value.startsWith(`${mark}X`, end + 1) ? value.indexOf(mark, end + 2) : -1;
    const next = close < 0 ? '' : value.slice(end + 2, close);
    if (!HEX.test(next)) return undefined;
    hex += next.slice(1);
    end = close;
  }
  return undefined;
}

function bytesOf(bytes: Buffer, encoding: string): string | undefined {
  if (!encoding.startsWith('utf-16') && !encoding.startsWith('utf-32')) return decode(bytes, encoding);
  // Which bytes a message in wide characters means is not agreed on: those of UTF-8, or of its own set with the high byte first.
  const narrow = bytes.includes(0) ? undefined : decode(bytes, 'utf-8');
  return narrow ?? decode(bytes, encoding.replace('le', 'be'));
}

// §2.7.6: formatting commands of FT. Lines and spaces remain; indents, centring and filling have no counterpart in plain text.
const FORMAT = /^(?:(br|ce|fi|nf)|(sp|sk)\s*\+?(\d{0,3})|(in|ti)\s*([+-]?)(\d{0,3}))$/i;

function formatOf(command: string): string | undefined {
  const [whole, plain, skip, skipped, indent, sign, indented] = FORMAT.exec(command) ?? [];
  if (whole === undefined) return undefined;
  if (plain) return /^(?:br|ce)$/i.test(plain) ? '\n' : '';
  if (skip) return (skip.toLowerCase() === 'sp' ? '\n' : ' ').repeat(skipped ? Number(skipped) : 1);
  return indent?.toLowerCase() === 'ti' && sign !== '-' ? ' '.repeat(Number(indented)) : '';
}

// §2.7.2: \Cxxyy\ and \Mxxyyzz\ switch character sets as the ISO 2022 escape sequence of the same bytes would.
function isShift(sequence: string): boolean {
  return /^(?:C[0-9A-Fa-f]{4}|M[0-9A-Fa-f]{4}(?:[0-9A-Fa-f]{2})?)$/.test(sequence);
}

function decodeShifts(text: string): string | undefined {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return undefined;
  return decode(Buffer.from(text, 'latin1'), ISO_2022_JP);
}

function needsEscape(text: string, delimiters: Delimiters): boolean {
  for (const character of text) if (sequenceFor(character, delimiters) !== undefined) return true;
  return false;
}

function sequenceFor(character: string, delimiters: Delimiters): string | undefined {
  const mark = delimiters.escape;
  switch (character) {
    case delimiters.field:
      return `${mark}F${mark}`;
    case delimiters.component:
      return `${mark}S${mark}`;
    case delimiters.subcomponent:
      return `${mark}T${mark}`;
    case delimiters.repetition:
      return `${mark}R${mark}`;
    case mark:
      return `${mark}E${mark}`;
    case '\n':
      return `${mark}.br${mark}`;
  }
  const code = character.charCodeAt(0);
  // CR ends a segment, VT and FS a frame: no control character goes out as it is.
  return code < 0x20 ? `${mark}X${code.toString(16).toUpperCase().padStart(2, '0')}${mark}` : undefined;
}
