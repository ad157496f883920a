// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Delimiters, readDelimiters, STANDARD_DELIMITERS } from '../../../src/ingest/hl7/delimiters.ts';
import { escapeText, unescapeText } from '../../../src/ingest/hl7/escape.ts';

const read = (value: string, encoding?: string) => unescapeText(value, STANDARD_DELIMITERS, encoding);

describe('an escape sequence', () => {
  test('stands for the delimiter that it names', () => {
    assert.equal(read('a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\P\\'), 'a|b^c&d~e\\f#');
  });

  test('of hexadecimal bytes is read in the character set of the message', () => {
    assert.equal(read('caf\\XC3A9\\ \\X0D0A\\'), 'café \r\n');
    assert.equal(read('caf\\XE9\\', 'windows-1252'), 'café');
    assert.equal(read('\\X93FA\\', 'shift_jis'), '日');
  });

  test('of formatting becomes line breaks and spaces', () => {
    assert.equal(read('a\\.br\\b\\.sp2\\c\\.sk3\\d\\.ce\\e'), 'a\nb\n\nc   d\ne');
    assert.equal(read('\\H\\bold\\N\\ \\.in+4\\x\\.ti2\\y\\.fi\\\\.nf\\z'), 'bold x  yz');
  });

  test('of centring ends a line, and makes no empty one', () => {
    assert.equal(read('\\.ce\\TITLE\\.br\\\\.ce\\Part 1\\.CE\\end'), 'TITLE\nPart 1\nend');
    assert.equal(read('\\.br\\first line is empty'), '\nfirst line is empty');
  });

  test('that switches character sets reads what follows in them', () => {
    assert.equal(read('\\M2442\\;3ED\\C2842\\ Taro'), '山田 Taro');
    assert.equal(read('\\M2442\\é\\C2842\\'), '\\M2442\\é\\C2842\\');
  });

  test('of the truncation character is the one that MSH-2 names', () => {
    const delimiters = readDelimiters('MSH|^~\\&@|EHR');
    assert.equal(unescapeText('a\\P\\', delimiters), 'a@');
    assert.equal(read('a\\P\\'), 'a#');
  });

  test('for each byte of a character is read as the character', () => {
    assert.equal(read('M\\XC3\\\\XBC\\ller \\XE5\\\\XB1B1\\\\X41\\'), 'Müller 山A');
    assert.equal(read('\\X83\\\\X5C\\', 'shift_jis'), 'ソ');
    assert.equal(read('\\XFF\\\\XC3BC\\\\F\\'), '\\XFF\\ü|');
    assert.equal(read('\\XC3\\\\H\\x'), '\\XC3\\x');
  });

  test('of hexadecimal bytes in a message of wide characters is ASCII, UTF-8 or of its own set', () => {
    for (const encoding of ['utf-16le', 'utf-16be']) {
      assert.equal(read('a\\X0D0A\\b\\X00E9\\c\\XC3A9\\', encoding), 'a\r\nbécé');
    }
  });

  test('of formatting is read in capitals too', () => {
    assert.equal(read('a\\.BR\\b\\.Sp\\c\\.CE\\d\\.sk+2\\e\\.in-3\\\\.nf\\f\\.ti\\g'), 'a\nb\nc\nd  efg');
  });

  test('that is local, malformed, nested or not closed stays as it was written, and takes no text with it', () => {
    for (const value of [
      '\\Zlocal\\',
      '\\Z0A\\',
      '\\Z\\',
      '\\X1\\',
      '\\XGG\\',
      '\\X\\',
      '\\X 41\\',
      '\\x41\\',
      '\\f\\\\s\\\\t\\\\r\\\\e\\\\h\\\\n\\',
      '\\\\',
      '\\\\\\',
      'C:\\',
      'C:\\x64\\bin\\f\\',
      'a\\b c\\d',
      '\\XFF\\',
      '\\.xx\\',
      '\\.br2\\',
      '\\.sp-2\\',
      '\\.sp2.5\\',
      '\\.\\',
      '\\C28\\',
      '\\C284G\\',
      '\\M24\\',
      '\\FS\\',
      '\\F',
      'a\\F b',
      '\\.br',
    ]) {
      assert.equal(read(value), value);
    }
    assert.equal(read('C:\\dir\\F\\x'), 'C:\\dir|x');
    assert.equal(read('\\Zx\\F\\y'), '\\Zx|y');
    assert.equal(read('\\H\\bold \\F\\ bold\\N\\'), 'bold | bold');
    assert.equal(read('\\E\\F\\E\\'), '\\F\\');
    assert.equal(read('\\H'), '\\H');
    assert.equal(read('5\\T\\6 \\T'), '5&6 \\T');
  });

  test('can not be used to make a small message large', () => {
    assert.ok(read('\\.sp999\\'.repeat(100)).length <= 100_000);
    assert.equal(read('\\.sp9999\\'), '\\.sp9999\\');
  });
});

test('escaping a text and reading it again gives the same text', () => {
  const mark = '!#$%*+,/:;<=>?@[]_`{|}~^&\\';
  const delimiters = fc
    .shuffledSubarray([...mark], { minLength: 5, maxLength: 5 })
    .map(
      ([field, component, repetition, escapeMark, subcomponent]) =>
        ({ field, component, repetition, escape: escapeMark, subcomponent }) as Delimiters,
    );
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom(...mark, '\r', '\n', '\u000b', '\u001c', 'F', 'E', 'X'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  });
  fc.assert(
    fc.property(text, delimiters, (value, used) => {
      const written = escapeText(value, used);
      assert.equal(unescapeText(written, used), value);
      for (const character of [used.field, used.component, used.repetition, used.subcomponent, '\r', '\n']) {
        assert.ok(!written.includes(character));
      }
    }),
    { numRuns: 3000 },
  );
});

test('no letter or digit outside of a sequence is lost', () => {
  const piece = fc.constantFrom(
    '\\',
    '\\F\\',
    '\\.br\\',
    '\\X41',
    '\\Z',
    '\\.sp',
    '\\C',
    'q1',
    'q2',
    'q3',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const words = pieces.filter((each) => each.startsWith('q'));
      assert.deepEqual(read(pieces.join('')).match(/q\d/g) ?? [], words);
    }),
    { numRuns: 3000 },
  );
});

test('any value can be read', () => {
  const value = fc.string({ unit: fc.constantFrom(...'\\FSTREXMC.brsp0123456789 é') });
  fc.assert(
    fc.property(value, fc.constantFrom('utf-8', 'ascii', 'iso-2022-jp', 'windows-1252'), (raw, encoding) => {
      assert.equal(typeof read(raw, encoding), 'string');
    }),
    { numRuns: 2000 },
  );
});
