// SPDX-License-Identifier: Apache-2.0
import { isAscii, isUtf8 } from 'node:buffer';
import type { Issue } from '../../fhir/outcome.ts';
import { type Charset, isSingleByte, knownCharset } from './charsets.ts';
import { type Claim, claimOf, declaredNames, type ReadOptions } from './claim.ts';
import { decode, ISO_2022_JP } from './decode.ts';
import { decodeMixed } from './encodings/single.ts';
import { Hl7Error } from './errors.ts';
import { type Message, readMessage } from './message.ts';
import { type WideForm, wideForm } from './wide.ts';

export { type CharsetOverrides, headerLine, type ReadOptions } from './claim.ts';

/** A message read from bytes, with the character set that its text was in. */
export interface Reading {
  readonly message: Message;
  /** In the words of HL7 table 0211, or the usual name of a set that the table lacks. */
  readonly charset: string;
  /** Whether the sender left the character set to us to find out. */
  readonly assumed: boolean;
  /** What is doubtful about the character set; the message has the same. */
  readonly issues: readonly Issue[];
  readonly text: string;
}

const MSH_18 = { segment: 'MSH', sequence: 1, field: 18 };
const UTF_8: Charset = { name: 'UNICODE UTF-8', encoding: 'utf-8' };
const JAPANESE: Charset = { name: 'ISO IR87', encoding: ISO_2022_JP };
const WINDOWS_1252: Charset = { name: 'WINDOWS-1252', encoding: 'windows-1252' };

/**
 * Reads a message from its bytes: in the character set that is set for its sender, else in that of MSH-18, else in
 * `options.charset`, else as UTF-8 when the bytes are and windows-1252 when not. Where the bytes contradict a declaration and
 * show for sure, or at least as nearly as can be, what they are, they are read as that and `issues` says so; where they don't,
 * it throws Hl7Error 102 or 103 at MSH-18. Throws only Hl7Error.
 */
export function readBytes(bytes: Uint8Array, options: ReadOptions = {}): Reading {
  const wide = wideForm(bytes);
  if (wide) return readWide(bytes, wide);
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const content = marked ? bytes.subarray(3) : bytes;
  const claim = claimOf(content, options);
  if (!claim) return readSilent(content, marked);
  return claim.charset ? readClaimed(content, marked, claim, claim.charset) : readUnknown(content, claim);
}

function readSilent(content: Uint8Array, marked: boolean): Reading {
  const japanese = readSwitching(content, 'names no character set', true);
  if (japanese) return japanese;
  const text = decode(content, 'utf-8');
  if (text === undefined && marked) throw mismatch(UTF_8, 'of which it has the byte order mark');
  const charset = text === undefined ? WINDOWS_1252 : UTF_8;
  const doubtful = !marked && !isAscii(content);
  const severity = text === undefined ? 'warning' : 'information';
  const issues = doubtful ? [note(severity, `names no character set: read as ${charset.name}`)] : [];
  return reading(text ?? decode(content, charset.encoding)!, charset, issues, true);
}

/** Text that is ASCII is the same in every set that a header can be read in, unless it switches to another. */
function readUnknown(content: Uint8Array, { by }: Claim): Reading {
  const switches = content.includes(0x1b) || content.includes(0x0e);
  if (switches || !isUtf8(content)) {
    throw new Hl7Error('103', `${NAMED_BY[by]} names a character set that is not supported`, MSH_18);
  }
  const issue = note('warning', `a character set that is not supported, by ${NAMED_BY[by]}: read as UTF-8`);
  return reading(decode(content, 'utf-8')!, UTF_8, [issue], false);
}

function readClaimed(content: Uint8Array, marked: boolean, { by }: Claim, charset: Charset): Reading {
  const assumed = by === 'default';
  if (charset.encoding === 'ascii' || charset.encoding === 'utf-8') {
    const japanese = readSwitching(content, `the bytes switch sets, which ${charset.name} does not`, assumed);
    if (japanese) return japanese;
  }
  const text = trusted(content, marked, by, charset) ? decode(content, charset.encoding) : undefined;
  if (text !== undefined) return reading(text, charset, [], assumed);
  const contradicted = (found: Charset, how = '') =>
    note(
      'warning',
      `the bytes are not ${charset.name}, which ${NAMED_BY[by]} says: read as ${found.name}${how}`,
    );
  if (isUtf8(content)) {
    const harmless = charset.encoding === 'ascii' && isAscii(content);
    return reading(decode(content, 'utf-8')!, UTF_8, harmless ? [] : [contradicted(UTF_8)], assumed);
  }
  if (marked || (charset.encoding !== 'ascii' && charset.encoding !== 'utf-8')) {
    throw mismatch(charset, `which ${NAMED_BY[by]} says`);
  }
  const mixed = decodeMixed(content);
  const found = mixed.sequences > 0 ? UTF_8 : WINDOWS_1252;
  const how = mixed.sequences > 0 ? ', the bytes that are not as windows-1252' : '';
  return reading(mixed.text, found, [contradicted(found, how)], assumed);
}

/** `ESC $` is in no text but where ISO 2022 switches to a set of two bytes, and those must not be taken for delimiters. */
function readSwitching(content: Uint8Array, why: string, assumed: boolean): Reading | undefined {
  if (Buffer.from(content.buffer, content.byteOffset, content.byteLength).indexOf('\u001b$') < 0)
    return undefined;
  const text = decode(content, JAPANESE.encoding);
  return text === undefined
    ? undefined
    : reading(text, JAPANESE, [note('warning', `${why}: read as ${JAPANESE.name}`)], assumed);
}

/**
 * Whether what is declared is worth trying. What a site has set for a sender is, whatever the bytes look like; a sender that
 * declares a set of single bytes and writes nothing but UTF-8 beyond ASCII writes UTF-8: in no language would that be a text.
 */
function trusted(content: Uint8Array, marked: boolean, by: Claim['by'], charset: Charset): boolean {
  if (charset.encoding === 'utf-8') return true;
  if (marked || charset.encoding === 'utf-16' || charset.encoding === 'utf-32') return false;
  return by === 'site' || !isSingleByte(charset) || isAscii(content) || !isUtf8(content);
}

/** Two or four bytes a character show what they are, whatever is declared. */
function readWide(bytes: Uint8Array, wide: WideForm): Reading {
  const text = decode(bytes.subarray(wide.markBytes), wide.encoding);
  if (text === undefined) throw mismatch(wide, 'as which it begins');
  const [declared] = declaredNames(text);
  const agrees =
    declared === undefined ||
    declared.trim().toUpperCase() === 'UNICODE' ||
    knownCharset(declared)?.name === wide.name;
  return reading(
    text,
    wide,
    agrees ? [] : [note('warning', `declares another set than ${wide.name}, which it is`)],
    false,
  );
}

function reading(
  text: string,
  { name, encoding }: Charset,
  issues: readonly Issue[],
  assumed: boolean,
): Reading {
  return { message: readMessage(text, name, encoding, issues), charset: name, assumed, issues, text };
}

const NAMED_BY: Readonly<Record<Claim['by'], string>> = {
  'MSH-18': 'MSH-18',
  site: 'the configuration of the sender',
  default: 'the configuration',
};

function mismatch({ name }: Charset, why: string): Hl7Error {
  return new Hl7Error('102', `the bytes of the message are not ${name}, ${why}`, MSH_18);
}

function note(severity: 'warning' | 'information', what: string): Issue {
  return { severity, code: 'value', diagnostics: `MSH-18 (character set): ${what}`, expression: 'MSH-18' };
}
