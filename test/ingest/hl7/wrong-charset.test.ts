// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ReadOptions, readBytes } from '../../../src/ingest/hl7/charset.ts';

/** A message of facility HARBOUR, of namespace 2.999.1, that declares the set and has the bytes as its PID-5. */
function bytesOf(charset: string, ...name: (number | string)[]): Buffer {
  const parts = name.map((part) =>
    typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.of(part),
  );
  const header = `MSH|^~\\&|EHR|HARBOUR^2.999.1^ISO|||20260101||ADT^A01|1|P|2.5.1||||||${charset}\r`;
  return Buffer.concat([Buffer.from(`${header}PID|1||1||`), ...parts, Buffer.from('\r')]);
}

/** The name, the set that it was read in, and what the report says. */
function read(bytes: Uint8Array, options?: ReadOptions): [name: string, charset: string, issues: string[]] {
  const { message, charset, issues } = readBytes(bytes, options);
  assert.equal(message.issues, issues);
  const said = issues.map(({ severity, diagnostics }) => `${severity} ${diagnostics}`);
  return [message.segment('PID')!.value(5), charset, said];
}

const IR87 = '\u001b$B;3ED\u001b(B';
const UTF8 = ['J', 0xc3, 0xbc, 'rgen'];

describe('a message that declares the wrong character set is kept, and the report says so:', () => {
  const says = (what: string) => [`warning MSH-18 (character set): ${what}`];
  const not = (declared: string, found: string) =>
    says(`the bytes are not ${declared}, which MSH-18 says: read as ${found}`);

  test('UTF-8 under another name is read as UTF-8', () => {
    const [name, set] = ['Jürgen', 'UNICODE UTF-8'];
    for (const declared of [
      'ASCII',
      '8859/1',
      '8859/2',
      '8859/15',
      'WINDOWS-1251',
      'ISO IR87',
      'UNICODE UTF-16',
    ]) {
      assert.deepEqual(read(bytesOf(declared, ...UTF8)), [name, set, not(declared, set)]);
    }
    const marked = Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), bytesOf('8859/1', ...UTF8)]);
    assert.deepEqual(read(marked), [name, set, not('8859/1', set)]);
  });

  test('what is neither ASCII nor UTF-8 is read as windows-1252', () => {
    for (const declared of ['ASCII', 'UNICODE UTF-8']) {
      const bytes = bytesOf(declared, 'O', 0x92, 'N', 0xe9, 'il');
      assert.deepEqual(read(bytes), ['O’Néil', 'WINDOWS-1252', not(declared, 'WINDOWS-1252')]);
    }
  });

  test('UTF-8 with strange bytes in it loses neither', () => {
    const [name, set, said] = read(bytesOf('UNICODE UTF-8', ...UTF8, ' ', 0xfc, ' ', 0xe5, 0xb1));
    assert.deepEqual([name, set], ['Jürgen ü å±', 'UNICODE UTF-8']);
    assert.match(said[0]!, /read as UNICODE UTF-8, the bytes that are not as windows-1252$/);
  });

  test('Japanese that switches sets unannounced is not cut at the bytes of its characters', () => {
    for (const declared of ['', 'ASCII', 'UNICODE UTF-8']) {
      const [name, set, said] = read(bytesOf(declared, '\u001b$B%^%_\u001b(B', IR87));
      assert.deepEqual([name, set, said.length], ['マミ山田', 'ISO IR87', 1]);
    }
  });

  test('a name that nobody knows over text that is ASCII or UTF-8', () => {
    for (const unknown of ['EBCDIC', '8859/12', 'CNS 11643-1992']) {
      const [name, set, said] = read(bytesOf(unknown, ...UTF8));
      assert.deepEqual([name, set], ['Jürgen', 'UNICODE UTF-8']);
      assert.match(said[0]!, /^warning .*not supported/);
      assert.equal(read(bytesOf(unknown, 'Quill'))[0], 'Quill');
    }
  });

  test('UTF-16 that says it is something else', () => {
    const text = bytesOf('8859/1', 'Quill').toString('latin1');
    const [name, set, said] = read(Buffer.from(text, 'utf16le'));
    assert.deepEqual(
      [name, set, said],
      ['Quill', 'UNICODE UTF-16', says('declares another set than UNICODE UTF-16, which it is')],
    );
    for (const right of ['UNICODE UTF-16', 'UNICODE', '']) {
      assert.deepEqual(read(Buffer.from(text.replace('8859/1', right), 'utf16le'))[2], []);
    }
  });

  test('nothing is said where nothing is doubtful', () => {
    for (const declared of ['ASCII', '8859/1', 'UNICODE UTF-8', '~ISO IR87', '', 'BIG-5']) {
      assert.deepEqual(read(bytesOf(declared, 'Quill'))[2], []);
    }
    assert.deepEqual(read(bytesOf('8859/1', 'J', 0xfc, 'rgen'))[2], []);
    // A character of GB 18030 whose bytes could be one of UTF-8.
    assert.deepEqual(read(bytesOf('GB 18030-2000', 0xc4, 0xa3)), ['模', 'GB 18030-2000', []]);
  });

  test('a set that was found out is told as well', () => {
    const [, , utf8] = read(bytesOf('', ...UTF8));
    assert.deepEqual(utf8, [
      'information MSH-18 (character set): names no character set: read as UNICODE UTF-8',
    ]);
    const [, , other] = read(bytesOf('', 'J', 0xfc, 'rgen'));
    assert.deepEqual(other, says('names no character set: read as WINDOWS-1252'));
  });
});

describe('the character set that is set for a sender', () => {
  const overrides = (facility: string) => ({ HARBOUR: '8859/2', '2.999.2': 'KOI8-R' })[facility];

  test('holds whatever MSH-18 says, by the name or the id of the facility', () => {
    for (const declared of ['', '8859/1', 'UNICODE UTF-8', 'ASCII', 'EBCDIC']) {
      assert.deepEqual(read(bytesOf(declared, 0xa3, 'ukasz'), { overrides }), ['Łukasz', '8859/2', []]);
    }
    const other = bytesOf('8859/1', 0xe9).toString('latin1').replace('HARBOUR^2.999.1', 'NORTH^2.999.2');
    assert.equal(read(Buffer.from(other, 'latin1'), { overrides })[0], 'И');
    const third = Buffer.from(other.replace('2.999.2', '2.999.3'), 'latin1');
    assert.equal(read(third, { overrides })[0], 'é');
  });

  test('is not second-guessed, unless the bytes can not be of it', () => {
    assert.equal(read(bytesOf('UNICODE UTF-8', ...UTF8), { overrides })[0], 'JĂźrgen');
    const arabic = read(bytesOf('8859/6', ...UTF8), { overrides: () => '8859/6' });
    assert.deepEqual(arabic.slice(0, 2), ['Jürgen', 'UNICODE UTF-8']);
    assert.match(arabic[2][0]!, /which the configuration of the sender says/);
    const wide = Buffer.from(bytesOf('', 'Quill').toString('latin1'), 'utf16le');
    assert.equal(read(wide, { overrides })[1], 'UNICODE UTF-16');
  });

  test('is found with other delimiters too', () => {
    const bytes = Buffer.from('MSH#$~\\&#EHR#X$HARBOUR#####ADT#1#P#2.5\rPID#1##1##\u00a3\r', 'latin1');
    assert.equal(read(bytes, { overrides })[0], 'Ł');
  });
});
