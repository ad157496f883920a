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
  ['8859/15', '€', [0xa4]],
  ['UNICODE UTF-8', 'Jürgen', ['J', 0xc3, 0xbc, 'rgen']],
  ['UNICODE', 'ü', [0xc3, 0xbc]],
  ['UTF-8', 'ü', [0xc3, 0xbc]],
  ['ISO-8859-1', 'ü', [0xfc]],
  ['GB 18030-2000', '中', [0xd6, 0xd0]],
  ['KS X 1001', '김', [0xb1, 0xe8]],
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

  test('that is unknown is refused with 103, one that the bytes contradict with 102', () => {
    assert.deepEqual(refusal(bytesOf('EBCDIC', 'x')), ['103', 18]);
    assert.deepEqual(refusal(bytesOf('CNS 11643-1992', 'x')), ['103', 18]);
    assert.deepEqual(refusal(bytesOf('8859/12', 'x')), ['103', 18]);
    assert.deepEqual(refusal(bytesOf('ASCII', 0xfc)), ['102', 18]);
    assert.deepEqual(refusal(bytesOf('UNICODE UTF-8', 0xfc)), ['102', 18]);
    assert.deepEqual(refusal(bytesOf('UNICODE UTF-16', 'x')), ['102', 18]);
    assert.deepEqual(refusal(bytesOf('~ISO IR87', 0xfc)), ['102', 18]);
    const marked = Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), bytesOf('8859/1', 'x')]);
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
