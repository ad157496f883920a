// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Delimiters, STANDARD_DELIMITERS } from '../../../src/ingest/hl7/delimiters.ts';
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

  test('that switches character sets reads what follows in them', () => {
    assert.equal(read('\\M2442\\;3ED\\C2842\\ Taro'), '山田 Taro');
    assert.equal(read('\\M2442\\é\\C2842\\'), '\\M2442\\é\\C2842\\');
  });

  test('that is local, malformed or not closed stays as it was written', () => {
    for (const value of [
      '\\Zlocal\\',
      '\\X1\\',
      '\\XGG\\',
      '\\\\',
      'C:\\',
      'a\\b c\\d',
      '\\XFF\\',
      '\\.xx\\',
      '\\C28\\',
    ]) {
      assert.equal(read(value), value);
    }
    assert.equal(read('C:\\dir\\F\\x'), 'C:\\dir|x');
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

test('any value can be read', () => {
  const value = fc.string({ unit: fc.constantFrom(...'\\FSTREXMC.brsp0123456789 é') });
  fc.assert(
    fc.property(value, fc.constantFrom('utf-8', 'ascii', 'iso-2022-jp', 'windows-1252'), (raw, encoding) => {
      assert.equal(typeof read(raw, encoding), 'string');
    }),
    { numRuns: 2000 },
  );
});
