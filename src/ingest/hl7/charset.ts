// SPDX-License-Identifier: Apache-2.0
import { decode, ISO_2022_JP, latin1 } from './decode.ts';
import { Hl7Error } from './errors.ts';
import { type Message, readMessage } from './message.ts';

/** A message read from bytes, with the character set that its text was in. */
export interface Reading {
  readonly message: Message;
  /** In the words of HL7 table 0211, or `WINDOWS-1252`. */
  readonly charset: string;
  /** Whether the sender left the character set to us to find out. */
  readonly assumed: boolean;
  readonly text: string;
}

interface Charset {
  readonly name: string;
  /** A WHATWG encoding label, or one of those that `decode` adds. */
  readonly encoding: string;
}

/** HL7 table 0211 (alternate character sets). CNS 11643-1992 is known but can't be decoded here, so it is not in the list. */
const TABLE_0211: readonly (readonly [name: string, encoding: string, ...otherNames: string[]])[] = [
  ['ASCII', 'ascii', 'ISO IR6', 'US-ASCII'],
  ['8859/1', 'windows-1252', 'LATIN1'], // the bytes 80-9F are controls in 8859/1: who sends them means windows-1252
  ['8859/2', 'iso-8859-2'],
  ['8859/3', 'iso-8859-3'],
  ['8859/4', 'iso-8859-4'],
  ['8859/5', 'iso-8859-5'],
  ['8859/6', 'iso-8859-6'],
  ['8859/7', 'iso-8859-7'],
  ['8859/8', 'iso-8859-8'],
  ['8859/9', 'windows-1254'],
  ['8859/10', 'iso-8859-10'],
  ['8859/11', 'windows-874'],
  ['8859/13', 'iso-8859-13'],
  ['8859/14', 'iso-8859-14'],
  ['8859/15', 'iso-8859-15'],
  ['ISO IR13', ISO_2022_JP],
  ['ISO IR14', ISO_2022_JP],
  ['ISO IR87', ISO_2022_JP],
  ['ISO IR159', ISO_2022_JP],
  ['GB 18030-2000', 'gb18030', 'GB18030'],
  ['KS X 1001', 'euc-kr'],
  ['BIG-5', 'big5', 'BIG5'],
  ['UNICODE UTF-8', 'utf-8', 'UTF-8', 'UTF8', 'UNICODE'], // plain UNICODE: withdrawn, and in practice UTF-8
  ['UNICODE UTF-16', 'utf-16', 'UTF-16'],
  ['UNICODE UTF-32', 'utf-32', 'UTF-32'],
  ['WINDOWS-1252', 'windows-1252', 'CP1252'],
];

const CHARSETS: ReadonlyMap<string, Charset> = new Map(
  TABLE_0211.flatMap(([name, encoding, ...otherNames]) =>
    [name, ...otherNames].map((known): [string, Charset] => [known, { name, encoding }]),
  ),
);

const MSH_18 = { segment: 'MSH', sequence: 1, field: 18 };

/**
 * Reads a message from its bytes in the character set of MSH-18. Where MSH-18 is silent it is `options.charset`, or else
 * UTF-8 when the bytes are valid UTF-8 and windows-1252 when not. Throws only Hl7Error.
 */
export function readBytes(bytes: Uint8Array, options: { readonly charset?: string } = {}): Reading {
  const wide = wideEncoding(bytes);
  const declared = wide ? undefined : declaredCharset(bytes);
  if (wide) return read(decode(bytes.subarray(wide.bom), wide.encoding), wide.name, wide.encoding, false);
  const content = startsWith(bytes, 0xef, 0xbb, 0xbf) ? bytes.subarray(3) : bytes;
  const marked = content !== bytes;
  const charset = declared ?? (options.charset ? charsetOf([options.charset]) : undefined);
  if (marked && charset && charset.encoding !== 'utf-8' && charset.encoding !== 'ascii') {
    throw new Hl7Error('102', 'a byte order mark of UTF-8 contradicts MSH-18', MSH_18);
  }
  if (charset && !marked) {
    return read(decode(content, charset.encoding), charset.name, charset.encoding, declared === undefined);
  }
  const utf8 = decode(content, 'utf-8');
  if (utf8 !== undefined || marked) return read(utf8, 'UNICODE UTF-8', 'utf-8', declared === undefined);
  return read(decode(content, 'windows-1252'), 'WINDOWS-1252', 'windows-1252', true);
}

function read(text: string | undefined, name: string, encoding: string, assumed: boolean): Reading {
  if (text === undefined) {
    throw new Hl7Error('102', `the bytes of the message are not ${name}, which MSH-18 declares`, MSH_18);
  }
  return { message: readMessage(text, name, encoding), charset: name, assumed, text };
}

/** MSH-18 as far as the header can be read as single bytes, which holds for every set but UTF-16 and UTF-32. */
function declaredCharset(bytes: Uint8Array): Charset | undefined {
  const header = headerLine(bytes);
  const separator = header.charAt(3);
  if (!header.startsWith('MSH') || separator === '') return undefined;
  const field = header.split(separator, 18)[17] ?? '';
  if (field === '' || field === '""') return undefined;
  const repetition = header.charAt(5) || '~';
  return charsetOf(field.split(repetition));
}

/** Enough for any header; what follows its end is not looked at. */
const MAX_HEADER_BYTES = 16_384;

/** The first line as single bytes, without a byte order mark or blank lines before it. */
export function headerLine(bytes: Uint8Array): string {
  const start = latin1(bytes.subarray(0, MAX_HEADER_BYTES)).replace(/^(?:\xef\xbb\xbf)?\s*/, '');
  return start.split(/[\r\n]/, 1)[0] ?? '';
}

/**
 * The first repetition is the set of the message; others may be switched to. Only Japanese messages do that in practice
 * (`~ISO IR87`), and one encoding holds all of their sets.
 */
function charsetOf(names: readonly string[]): Charset {
  const found = names.map((name) => knownCharset(name.trim()));
  const first = found[0]!;
  const japanese = found.find((charset) => charset.encoding === ISO_2022_JP);
  return first.encoding === 'ascii' && japanese ? japanese : first;
}

function knownCharset(name: string): Charset {
  const upper = name.toUpperCase().replace(/^(?:ISO[- ]?)?8859[-/]/, '8859/');
  const charset = CHARSETS.get(upper === '' ? 'ASCII' : upper);
  if (!charset) throw new Hl7Error('103', 'MSH-18 names a character set that is not supported', MSH_18);
  if (/^utf-(16|32)$/.test(charset.encoding)) {
    throw new Hl7Error('102', `MSH-18 declares ${charset.name}, but the message is in single bytes`, MSH_18);
  }
  return charset;
}

/** UTF-16 and UTF-32 by byte order mark, or by the zero bytes around the M of MSH. */
function wideEncoding(bytes: Uint8Array): (Charset & { bom: number }) | undefined {
  const M = 0x4d;
  const utf32 = 'UNICODE UTF-32';
  const utf16 = 'UNICODE UTF-16';
  if (startsWith(bytes, 0xff, 0xfe, 0, 0)) return { name: utf32, encoding: 'utf-32le', bom: 4 };
  if (startsWith(bytes, 0, 0, 0xfe, 0xff)) return { name: utf32, encoding: 'utf-32be', bom: 4 };
  if (startsWith(bytes, 0xff, 0xfe)) return { name: utf16, encoding: 'utf-16le', bom: 2 };
  if (startsWith(bytes, 0xfe, 0xff)) return { name: utf16, encoding: 'utf-16be', bom: 2 };
  if (startsWith(bytes, M, 0, 0, 0)) return { name: utf32, encoding: 'utf-32le', bom: 0 };
  if (startsWith(bytes, 0, 0, 0, M)) return { name: utf32, encoding: 'utf-32be', bom: 0 };
  if (startsWith(bytes, M, 0)) return { name: utf16, encoding: 'utf-16le', bom: 0 };
  if (startsWith(bytes, 0, M)) return { name: utf16, encoding: 'utf-16be', bom: 0 };
  return undefined;
}

function startsWith(bytes: Uint8Array, ...prefix: number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}
