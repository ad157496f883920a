// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { inflateRawSync, inflateSync } from 'node:zlib';

/** Something that was looked for and found: in which form, and from which byte on. */
export interface Trace {
  readonly word: string;
  readonly form: string;
  readonly at: number;
}

/** What is looked for: a text in every form below, or bytes such as a salt in every one of bytes. */
export type Word = string | Uint8Array;

/** Shorter ones are found by chance in keys and signatures: nothing can be concluded from them. */
export const MIN_CHARS = 5;
const MIN_BASE64_CHARS = 8;
/** Below this a text must stand by itself, as it would in a field or a sentence; so must digits, of which hexadecimal is full. */
const MIN_ANYWHERE_BYTES = 7;
const MIN_DIGITS_ANYWHERE = 12;
const MAX_INFLATED_BYTES = 64 * 1024 * 1024;

interface Needle {
  readonly word: string;
  readonly form: string;
  readonly bytes: Buffer;
  readonly alone: boolean;
}

/**
 * Looks for all words at once, in one pass: as UTF-8, UTF-16 in both orders, Latin-1, hexadecimal, base64 and base64url at each of their
 * three alignments, the same of the plain SHA-256, each as written and in small and capital letters. What is compressed is looked into.
 */
export function openSearch(words: Iterable<Word>): (bytes: Buffer) => Trace[] {
  const byStart = new Map<number, Needle[]>();
  const known = new Set<string>();
  for (const needle of needlesOf(words)) {
    const name = needle.bytes.toString('latin1');
    if (known.has(name)) continue;
    known.add(name);
    const start = needle.bytes.readInt32BE(0);
    const same = byStart.get(start);
    if (same) same.push(needle);
    else byStart.set(start, [needle]);
  }
  const walk = (bytes: Buffer): Trace[] => {
    const found: Trace[] = [];
    let four = 0;
    for (let end = 0; end < bytes.length; end += 1) {
      four = (four << 8) | (bytes[end] ?? 0);
      const at = end - 3;
      if (at < 0) continue;
      for (const needle of byStart.get(four) ?? [])
        if (stands(bytes, at, needle)) found.push({ word: needle.word, form: needle.form, at });
    }
    return found;
  };
  return (bytes) => [...walk(bytes), ...inflated(bytes).flatMap(walk)];
}

function* needlesOf(words: Iterable<Word>): Generator<Needle> {
  for (const word of words) {
    if (typeof word === 'string') yield* needlesOfText(word);
    else yield* encodings(Buffer.from(word).toString('hex'), 'bytes', Buffer.from(word));
  }
}

function* needlesOfText(word: string): Generator<Needle> {
  if (word.length < MIN_CHARS) return;
  for (const text of new Set([word, word.toLowerCase(), word.toUpperCase()])) {
    const utf8 = Buffer.from(text, 'utf8');
    const utf16le = Buffer.from(text, 'utf16le');
    const few = /^\d+$/.test(text) ? MIN_DIGITS_ANYWHERE : MIN_ANYWHERE_BYTES;
    yield { word, form: 'UTF-8', bytes: utf8, alone: utf8.length < few };
    yield* encoded(word, 'UTF-8', utf8);
    yield* encodings(word, 'UTF-16LE', utf16le);
    yield* encodings(word, 'UTF-16BE', Buffer.from(utf16le).swap16());
    if (/[\u0080-\u00ff]/.test(text)) yield* encodings(word, 'Latin-1', Buffer.from(text, 'latin1'));
    yield* encodings(word, 'SHA-256', createHash('sha256').update(utf8).digest());
  }
}

function* encodings(word: string, form: string, bytes: Buffer): Generator<Needle> {
  yield { word, form, bytes, alone: false };
  yield* encoded(word, form, bytes);
}

function* encoded(word: string, of: string, bytes: Buffer): Generator<Needle> {
  const hex = bytes.toString('hex');
  for (const text of [hex, hex.toUpperCase()])
    yield { word, form: `${of} in hexadecimal`, bytes: Buffer.from(text), alone: false };
  for (const alphabet of ['base64', 'base64url'] as const)
    for (const before of [0, 1, 2]) {
      // Characters that hold bits of these bytes only: what stands before or after them may be anything.
      const text = Buffer.concat([Buffer.alloc(before), bytes])
        .toString(alphabet)
        .slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
      if (text.length >= MIN_BASE64_CHARS)
        yield {
          word,
          form: `${of} in ${alphabet}, ${before} before`,
          bytes: Buffer.from(text),
          alone: false,
        };
    }
}

function stands(bytes: Buffer, at: number, { bytes: needle, alone }: Needle): boolean {
  const end = at + needle.length;
  if (end > bytes.length || bytes.compare(needle, 0, needle.length, at, end) !== 0) return false;
  return !alone || !(isLetter(bytes[at - 1]) || isLetter(bytes[end]));
}

/** Of a word, or of base64. */
function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && /[\w+/-]/.test(String.fromCharCode(byte));
}

/** What gzip and zlib have packed anywhere in it. Throws on Zstandard, into which this cannot look. */
function inflated(bytes: Buffer): Buffer[] {
  const options = { maxOutputLength: MAX_INFLATED_BYTES };
  if (bytes.includes(Buffer.from('28b52ffd', 'hex')))
    throw new Error('there is something packed by Zstandard');
  return [
    ...unpacked(bytes, '1f8b08', (from) => inflateRawSync(from.subarray(gzipHeaderBytes(from)), options)),
    ...['7801', '785e', '789c', '78da'].flatMap((magic) =>
      unpacked(bytes, magic, (from) => inflateSync(from, options)),
    ),
  ];
}

function unpacked(bytes: Buffer, magic: string, unpack: (from: Buffer) => Buffer): Buffer[] {
  const found: Buffer[] = [];
  const start = Buffer.from(magic, 'hex');
  for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at + 1)) {
    try {
      found.push(unpack(bytes.subarray(at)));
    } catch {
      // Only looked like it.
    }
  }
  return found;
}

/** RFC 1952 §2.3: ten bytes, then what the flags say. zlib's own reader of gzip wants nothing to come after it. */
function gzipHeaderBytes(from: Buffer): number {
  const flags = from.readUInt8(3);
  let end = 10;
  if (flags & 4) end += 2 + from.readUInt16LE(end);
  for (const text of [8, 16]) if (flags & text) end = from.indexOf(0, end) + 1;
  return flags & 2 ? end + 2 : end;
}
