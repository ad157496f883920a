// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readBytes } from '../../../src/ingest/hl7/charset.ts';
import { Hl7Error } from '../../../src/ingest/hl7/errors.ts';

function message(charset: string, name: string): string {
  return `MSH|^~\\&|EHR|HOSP|||20260101||ADT^A01|1|P|2.5.1||||||${charset}\rPID|1||1||${name}\r`;
}

/** A message whose PID-5 is the given bytes. */
function bytesOf(charset: string, ...name: (number | string)[]): Buffer {
  const [before, after] = message(charset, '@').split('@') as [string, string];
  const parts = name.map((part) =>
    typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.of(part),
  );
  return Buffer.concat([Buffer.from(before, 'latin1'), ...parts, Buffer.from(after, 'latin1')]);
}

function nameIn(bytes: Uint8Array): string {
  return readBytes(bytes).message.segment('PID')!.value(5);
}

function refusal(bytes: Uint8Array): [string, number | undefined] {
  try {
    readBytes(bytes);
  } catch (error) {
    if (error instanceof Hl7Error) return [error.code, error.location?.field];
  }
  return ['read', undefined];
}

// Each name in the bytes of its character set, written down from the code tables.
const NAMES: [charset: string, name: string, bytes: (number | string)[]][] = [
  ['ASCII', 'Quill', ['Quill']],
  ['', 'Quill', ['Quill']],
  ['8859/1', 'Jürgen', ['J', 0xfc, 'rgen']],
  ['8859/1', 'O’Neil', ['O', 0x92, 'Neil']],
  ['8859/2', 'Łukasz', [0xa3, 'ukasz']],
  ['8859/3', 'Ħ', [0xa1]],
  ['8859/4', 'ā', [0xe0]],
  ['8859/5', 'Иван', [0xb8, 0xd2, 0xd0, 0xdd]],
  ['8859/6', 'علي', [0xd9, 0xe4, 0xea]],
  ['8859/7', 'Νίκος', [0xcd, 0xdf, 0xea, 0xef, 0xf2]],
  ['8859/8', 'דוד', [0xe3, 0xe5, 0xe3]],
  ['8859/9', 'Şahin', [0xde, 'ahin']],
  ['8859/10', 'Ŋ', [0xaf]],
  ['8859/11', 'ไทย', [0xe4, 0xb7, 0xc2]],
  ['8859/13', 'ģ', [0xec]],
  ['8859/14', 'ŵ', [0xf0]],
  ['8859/15', '€', [0xa4]],
  ['8859/16', 'Ștefan', [0xaa, 'tefan']],
  ['ISO_IR 100', 'ü', [0xfc]],
  ['ISO 2022 IR 101', 'Ł', [0xa3]],
  ['WINDOWS-1250', 'Š', [0x8a]],
  ['CP1251', 'Иван', [0xc8, 0xe2, 0xe0, 0xed]],
  ['windows-1252', '€', [0x80]],
  ['WINDOWS-1253', 'Ά', [0xa2]],
  ['WINDOWS-1254', 'Ş', [0xde]],
  ['WINDOWS-1255', '₪', [0xa4]],
  ['WINDOWS-1256', 'پ', [0x81]],
  ['WINDOWS-1257', 'Ė', [0xcb]],
  ['WINDOWS-1258', 'Đ', [0xd0]],
  ['CP874', '€', [0x80]],
  ['WINDOWS-932', 'ソ', [0x83, 0x5c]],
  ['SHIFT_JIS', '①', [0x87, 0x40]],
  ['WINDOWS-936', '中', [0xd6, 0xd0]],
  ['WINDOWS-949', '갂', [0x81, 0x41]],
  ['EUC-JP', '日', [0xc6, 0xfc]],
  ['KOI8-R', 'Иван', [0xe9, 0xd7, 0xc1, 0xce]],
  ['IBM866', 'И', [0x88]],
  ['MACINTOSH', 'ü', [0x9f]],
  ['UNICODE UTF-8', 'Jürgen', ['J', 0xc3, 0xbc, 'rgen']],
  ['UNICODE', 'ü', [0xc3, 0xbc]],
  ['UTF-8', 'ü', [0xc3, 0xbc]],
  ['ISO-8859-1', 'ü', [0xfc]],
  ['GB 18030-2000', '中', [0xd6, 0xd0]],
  ['KS X 1001', '김', [0xb1, 0xe8]],
  ['KS X 1001', '힣', [0xc6, 0x52]],
  ['ISO-2022-KR', '김', ['\u001b$)C\u000e1h\u000f']],
  ['ISO IR13', 'ﾔﾏ', [0xd4, 0xcf]],
  ['ISO IR13~ISO IR87', 'ﾔﾏ山', [0xd4, 0xcf, '\u001b$B;3\u001b(B']],
  ['BIG-5', '中', [0xa4, 0xa4]],
  ['ISO IR87', '山田', ['\u001b$B;3ED\u001b(B']],
  ['~ISO IR87', '山田', ['\u001b$B;3ED\u001b(B']],
  ['ASCII~ISO IR87~ISO IR159', '丂', ['\u001b$(D0!\u001b(B']],
  ['ISO IR14', '¥', ['\u001b(J\\\u001b(B']],
];

describe('the character set of MSH-18', () => {
  for (const [charset, name, bytes] of NAMES) {
    test(`${charset || '(none)'}: ${name}`, () => assert.equal(nameIn(bytesOf(charset, ...bytes)), name));
  }

  test('delimiters inside the two-byte characters of Japanese are no delimiters', () => {
    assert.equal(nameIn(bytesOf('ISO IR87', '\u001b$B1|%^\u001b(B')), '奥マ');
    const pid = readBytes(bytesOf('ISO IR87', '\u001b$B%^%_\u001b(B^Taro')).message.segment('PID')!;
    assert.deepEqual([pid.value(5), pid.value(5, 1, 2)], ['マミ', 'Taro']);
  });

  test('that is unknown is refused with 103, one that the bytes contradict with 102, where nothing shows what they are', () => {
    assert.deepEqual(refusal(bytesOf('EBCDIC', 0xfc)), ['103', 18]);
    assert.deepEqual(refusal(bytesOf('CNS 11643-1992', '\u001b$)G\u000e!!')), ['103', 18]);
    assert.deepEqual(refusal(bytesOf('8859/12', 0xfc)), ['103', 18]);
    assert.deepEqual(refusal(bytesOf('UNICODE UTF-16', 0xfc)), ['102', 18]);
    assert.deepEqual(refusal(bytesOf('~ISO IR87', 0xfc)), ['102', 18]);
    assert.deepEqual(refusal(bytesOf('BIG-5', 0xa4)), ['102', 18]);
    assert.deepEqual(refusal(bytesOf('KS X 1001', 0xc9, 'z')), ['102', 18]);
    assert.deepEqual(refusal(bytesOf('8859/6', 0xa1)), ['102', 18]);
    const marked = Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), bytesOf('8859/1', 0xfc)]);
    assert.deepEqual(refusal(marked), ['102', 18]);
  });

  test('that is missing is UTF-8 when the bytes are, else windows-1252, and reported as assumed', () => {
    const utf8 = readBytes(bytesOf('', 'J', 0xc3, 0xbc, 'rgen'));
    assert.deepEqual([utf8.charset, utf8.assumed], ['UNICODE UTF-8', true]);
    const other = readBytes(bytesOf('', 'O', 0x92, 'N', 0xe9, 'il'));
    assert.deepEqual([other.charset, other.assumed], ['WINDOWS-1252', true]);
    assert.equal(other.message.segment('PID')?.value(5), 'O’Néil');
    assert.equal(readBytes(bytesOf('8859/1', 'x')).assumed, false);
  });

  test('that is missing may be set for a sender', () => {
    const reading = readBytes(bytesOf('', 0xa3), { charset: '8859/2' });
    assert.deepEqual([reading.message.segment('PID')?.value(5), reading.assumed], ['Ł', true]);
    assert.equal(
      readBytes(bytesOf('8859/1', 0xa3), { charset: '8859/2' }).message.segment('PID')?.value(5),
      '£',
    );
  });
});

describe('UTF-16, UTF-32 and byte order marks', () => {
  const text = message('UNICODE UTF-16', 'Ångström 山');
  const utf16 = Buffer.from(text, 'utf16le');
  const utf32 = Buffer.concat(
    [...text].map((c) => {
      const unit = Buffer.alloc(4);
      unit.writeUInt32LE(c.codePointAt(0)!);
      return unit;
    }),
  );
  const mark = (mark: number[], bytes: Buffer) => Buffer.concat([Buffer.from(mark), bytes]);
  const swap32 = (bytes: Buffer) => Buffer.from(bytes).swap32();

  test('are read with and without a mark, in both byte orders', () => {
    const forms = [
      utf16,
      Buffer.from(utf16).swap16(),
      mark([0xff, 0xfe], utf16),
      mark([0xfe, 0xff], Buffer.from(utf16).swap16()),
      utf32,
      swap32(utf32),
      mark([0xff, 0xfe, 0, 0], utf32),
      mark([0, 0, 0xfe, 0xff], swap32(utf32)),
      mark([0xef, 0xbb, 0xbf], Buffer.from(message('UNICODE UTF-8', 'Ångström 山'))),
    ];
    for (const form of forms) assert.equal(nameIn(form), 'Ångström 山');
  });

  test('that break off are refused with 102', () => {
    assert.equal(refusal(utf16.subarray(0, utf16.length - 1))[0], '102');
    assert.equal(refusal(utf32.subarray(0, utf32.length - 2))[0], '102');
  });
});
