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
    const meaning = meaningOf(sequence, delimiters, encoding);
    if (meaning === undefined) {
      // The closing mark may open the next sequence: "50\60 \F\" holds one sequence, not two halves.
      start = end;
      continue;
    }
    shifted ||= isShift(sequence);
    text += value.slice(from, start) + meaning;
    from = end + 1;
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

function meaningOf(sequence: string, delimiters: Delimiters, encoding: string): string | undefined {
  switch (sequence) {
    case '':
      return undefined;
    case '.br':
      return '\n';
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
    case 'P': // v2.7: the truncation character
      return '#';
    case 'H': // highlighting starts and ends: plain text has none
    case 'N':
      return '';
  }
  if (sequence.startsWith('X')) return bytesOf(sequence.slice(1), encoding);
  if (sequence.startsWith('.')) return formatOf(sequence.slice(1));
  if (isShift(sequence)) return `\u001b${Buffer.from(sequence.slice(1), 'hex').toString('latin1')}`;
  return undefined;
}

function bytesOf(hex: string, encoding: string): string | undefined {
  if (!/^(?:[0-9A-Fa-f]{2})+$/.test(hex)) return undefined;
  return decode(Buffer.from(hex, 'hex'), encoding);
}

// §2.7.6: formatting commands of FT. Lines and spaces remain; indents, centring and filling have no counterpart in plain text.
const MAX_REPEATED = 999;

function formatOf(command: string): string | undefined {
  const [, name, sign, digits] = /^(br|sp|sk|in|ti|fi|nf|ce)\s*([+-]?)(\d{0,3})$/.exec(command) ?? [];
  if (name === undefined) return undefined;
  const count = digits ? Math.min(Number(digits), MAX_REPEATED) : 1;
  if (name === 'br' || name === 'ce') return '\n';
  if (name === 'sp') return '\n'.repeat(count);
  if (name === 'sk') return ' '.repeat(count);
  return name === 'ti' && digits && sign !== '-' ? ' '.repeat(count) : '';
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
