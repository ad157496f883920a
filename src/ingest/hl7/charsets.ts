// SPDX-License-Identifier: Apache-2.0
import { ISO_2022_JP, ISO_2022_JP_8 } from './decode.ts';

export interface Charset {
  /** In the words of HL7 table 0211, or the usual name of a set that the table lacks. */
  readonly name: string;
  /** What `decode` calls it; `utf-16` and `utf-32` stand for both byte orders. */
  readonly encoding: string;
}

/**
 * HL7 table 0211 (alternate character sets), then what senders write besides. CNS 11643-1992 is known but can't be decoded here,
 * so it is not in the list.
 */
const TABLE_0211: readonly (readonly [name: string, encoding: string, ...otherNames: string[]])[] = [
  ['ASCII', 'ascii', 'ISO IR6', 'US-ASCII'],
  ['8859/1', 'windows-1252', 'LATIN1', 'ISO IR100'], // the bytes 80-9F are controls in 8859/1: who sends them means windows-1252
  ['8859/2', 'iso-8859-2', 'LATIN2', 'ISO IR101'],
  ['8859/3', 'iso-8859-3', 'ISO IR109'],
  ['8859/4', 'iso-8859-4', 'ISO IR110'],
  ['8859/5', 'iso-8859-5', 'ISO IR144'],
  ['8859/6', 'iso-8859-6', 'ISO IR127'],
  ['8859/7', 'iso-8859-7', 'ISO IR126'],
  ['8859/8', 'iso-8859-8', 'ISO IR138'],
  ['8859/9', 'windows-1254', 'ISO IR148'],
  ['8859/10', 'iso-8859-10'],
  ['8859/11', 'windows-874', 'ISO IR166', 'TIS-620'],
  ['8859/13', 'iso-8859-13'],
  ['8859/14', 'iso-8859-14'],
  ['8859/15', 'iso-8859-15', 'LATIN9'],
  ['8859/16', 'iso-8859-16'],
  ['ISO IR13', ISO_2022_JP_8],
  ['ISO IR14', ISO_2022_JP],
  ['ISO IR87', ISO_2022_JP, 'ISO-2022-JP'],
  ['ISO IR159', ISO_2022_JP],
  ['GB 18030-2000', 'gb18030', 'GB18030', 'GB18030-2000', 'GB18030-2005', 'GB 18030'],
  ['KS X 1001', 'windows-949', 'ISO IR149', 'EUC-KR', 'KSC5601', 'ISO-2022-KR'],
  ['BIG-5', 'big5', 'BIG5', 'WINDOWS-950'],
  ['UNICODE UTF-8', 'utf-8', 'UTF-8', 'UTF8', 'UNICODE', 'ISO IR192'], // plain UNICODE: withdrawn, and in practice UTF-8
  ['UNICODE UTF-16', 'utf-16', 'UTF-16', 'UTF16'],
  ['UNICODE UTF-32', 'utf-32', 'UTF-32', 'UTF32'],
  ...['1250', '1251', '1252', '1253', '1254', '1255', '1256', '1257', '1258', '874', '949'].map(
    (page) => [`WINDOWS-${page}`, `windows-${page}`] as const,
  ),
  ['WINDOWS-31J', 'shift_jis', 'WINDOWS-932', 'SHIFT_JIS', 'SHIFT-JIS', 'SHIFTJIS', 'SJIS'],
  ['GBK', 'gbk', 'WINDOWS-936', 'GB2312', 'ISO IR58'],
  ['EUC-JP', 'euc-jp'],
  ['KOI8-R', 'koi8-r'],
  ['KOI8-U', 'koi8-u'],
  ['IBM866', 'ibm866', 'CP866'],
  ['MACINTOSH', 'macintosh', 'MACROMAN'],
];

const CHARSETS: ReadonlyMap<string, Charset> = new Map(
  TABLE_0211.flatMap(([name, encoding, ...otherNames]) =>
    [name, ...otherNames].map((known): [string, Charset] => [known, { name, encoding }]),
  ),
);

/** The set that a name stands for, in the spelling of table 0211 or another that is common; undefined when it can't be read here. */
export function knownCharset(name: string): Charset | undefined {
  const upper = name.trim().toUpperCase();
  return CHARSETS.get(upper) ?? CHARSETS.get(respell(upper));
}

function respell(upper: string): string {
  return upper
    .replace(/^(?:ISO)?[-_ ]?8859[-/_ ]?/, '8859/')
    .replace(/^ISO(?:[-_ ]2022)?[-_ ]IR[-_ ]?/, 'ISO IR')
    .replace(/^(?:WINDOWS|WIN|CP|MS)[-_ ]?(?=\d)/, 'WINDOWS-');
}

/** Whether each byte is one character: then text that happens to be UTF-8 was not written in it. */
export function isSingleByte({ encoding }: Charset): boolean {
  return /^(?:iso-8859-|windows-(?:12|874)|koi8-|ibm866|macintosh)/.test(encoding);
}
