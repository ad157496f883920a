// SPDX-License-Identifier: Apache-2.0
import { type Charset, knownCharset } from './charsets.ts';
import { ISO_2022_JP, ISO_2022_JP_8, latin1 } from './decode.ts';

/** The character set that a site has set for a facility, an MSH-4.1 or MSH-4.2; undefined where it has set none. */
export type CharsetOverrides = (facility: string) => string | undefined;

export interface ReadOptions {
  /** What holds where MSH-18 is silent. */
  readonly charset?: string;
  /** What holds for a sender, whatever MSH-18 says. */
  readonly overrides?: CharsetOverrides;
}

/** What is said of the character set of a message, and by whom; without `charset` it is a set that is not known here. */
export interface Claim {
  readonly by: 'MSH-18' | 'site' | 'default';
  readonly charset?: Charset;
}

/** Undefined when nothing is said. The header is read as single bytes, which holds for every set but UTF-16 and UTF-32. */
export function claimOf(bytes: Uint8Array, { charset, overrides }: ReadOptions): Claim | undefined {
  const header = headerLine(bytes);
  const set = overrides && overrideFor(header, overrides);
  if (set !== undefined) return claim('site', [set]);
  const declared = declaredNames(header);
  if (declared.length > 0) return claim('MSH-18', declared);
  return charset === undefined ? undefined : claim('default', [charset]);
}

/** The repetitions of MSH-18 in a header line; none when it is empty. */
export function declaredNames(header: string): string[] {
  const field = fieldOf(header, 18);
  if (field === '' || field === '""') return [];
  return field.split(header.charAt(5) || '~');
}

/** Enough for any header; what follows its end is not looked at. */
const MAX_HEADER_BYTES = 16_384;

/** A byte order mark and blank lines. */
const BEFORE = /^(?:\xef\xbb\xbf)?\s*/;
const END = /[\r\n]/;

/** The first line as single bytes, without a byte order mark or blank lines before it. */
export function headerLine(bytes: Uint8Array): string {
  const start = latin1(bytes.subarray(0, MAX_HEADER_BYTES)).replace(BEFORE, '');
  const end = start.search(END);
  return end < 0 ? start : start.slice(0, end);
}

function overrideFor(header: string, overrides: CharsetOverrides): string | undefined {
  const [namespace = '', universal = ''] = fieldOf(header, 4).split(header.charAt(4));
  return (namespace ? overrides(namespace) : undefined) ?? (universal ? overrides(universal) : undefined);
}

function fieldOf(header: string, field: number): string {
  const separator = header.charAt(3);
  if (!header.startsWith('MSH') || separator === '') return '';
  return header.split(separator, field)[field - 1]?.split(END, 1)[0] ?? '';
}

/**
 * The first repetition is the set of the message; others may be switched to. Only Japanese messages do that in practice
 * (`~ISO IR87`), and one encoding holds all of their sets.
 */
function claim(by: Claim['by'], names: readonly string[]): Claim {
  const found = names.map((name) => knownCharset(name.trim() === '' ? 'ASCII' : name));
  const [first] = found;
  if (!first || found.includes(undefined)) return { by };
  const japanese =
    found.find((each) => each?.encoding === ISO_2022_JP_8) ??
    found.find((each) => each?.encoding === ISO_2022_JP);
  const isJapanese = first.encoding === 'ascii' || first.encoding === ISO_2022_JP;
  return { by, charset: isJapanese && japanese ? japanese : first };
}
