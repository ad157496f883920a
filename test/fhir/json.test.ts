// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { copyJson, parseJson, printJson, setDecimal } from '../../src/fhir/json.ts';
import { jsonText } from './arbitrary.ts';
import { fhirError } from './expect.ts';

describe('lossless JSON', () => {
  test('what was received is what is printed, however its numbers were written', () => {
    fc.assert(
      fc.property(jsonText(), (text) => {
        assert.equal(printJson(parseJson(text)), text);
      }),
      { numRuns: 500 },
    );
  });

  test('values are what JSON.parse makes of the same text', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'grapheme' }), (text) => {
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          return;
        }
        if (/__proto__|\\ud[89a-f]/i.test(text)) return;
        assert.deepEqual(parseJson(text), expected);
      }),
      { numRuns: 500 },
    );
  });

  test('any text is read or refused with 400, never a crash', () => {
    const mutated = fc
      .tuple(jsonText(), fc.nat(), fc.string({ unit: 'binary', maxLength: 3 }))
      .map(([text, at, piece]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + piece + text.slice(place + piece.length);
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ unit: 'binary' })), (text) => {
        let accepted = true;
        try {
          parseJson(text);
        } catch (error) {
          fhirError(400)(error);
          accepted = false;
        }
        if (accepted) JSON.parse(text);
      }),
      { numRuns: 500 },
    );
  });

  test('1.50 stays 1.50 on the way through, and is the number 1.5 for who calculates', () => {
    const value = parseJson('{"a":{"value":1.50}}') as { a: { value: number } };
    assert.equal(value.a.value, 1.5);
    assert.equal(printJson(value), '{"a":{"value":1.50}}');
  });

  test('a copy keeps the literals and is independent', () => {
    const value = parseJson('{"list":[1.0,{"n":-0}],"big":9007199254740993}') as {
      list: unknown[];
      big: number;
    };
    const copy = copyJson(value);
    value.list.push('changed');
    value.big = 1;
    assert.equal(printJson(copy), '{"list":[1.0,{"n":-0}],"big":9007199254740993}');
  });

  test('a number put in the place of another is printed as itself', () => {
    const value = parseJson('{"n":1.50}') as { n: number };
    value.n = 2;
    assert.equal(printJson(value), '{"n":2}');
  });

  test('a decimal set from the literal of a message is printed with that literal', () => {
    const quantity: Record<string, unknown> = {};
    setDecimal(quantity, 'value', '7.40');
    assert.equal(printJson(quantity), '{"value":7.40}');
    setDecimal(quantity, 'value', '7.4');
    assert.equal(printJson(quantity), '{"value":7.4}');
    for (const wrong of ['', '1.', '.5', '+1', '01', '1e999', 'NaN', '1 ']) {
      assert.throws(() => setDecimal(quantity, 'value', wrong), TypeError);
    }
  });

  test('nesting is refused one level beyond the limit', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    parseJson(nested(64));
    assert.throws(() => parseJson(nested(65)), fhirError(400, 'too-long'));
    assert.throws(() => parseJson(nested(3), { depth: 2 }), fhirError(400, 'too-long'));
    assert.throws(() => parseJson(nested(1_000_000)), fhirError(400, 'too-long'));
  });

  test('a text is refused one character beyond the limit', () => {
    parseJson('[1,2]', { sizeChars: 5 });
    assert.throws(() => parseJson('[1,22]', { sizeChars: 5 }), fhirError(400, 'too-long'));
  });

  test('an element name that occurs twice is refused, also when one is escaped or inherited', () => {
    for (const text of ['{"a":1,"a":1}', '{"a":null,"\\u0061":2}', '{"toString":1,"toString":2}']) {
      assert.throws(() => parseJson(text), fhirError(400, 'structure'));
    }
    assert.deepEqual(parseJson('{"toString":1}'), { toString: 1 });
  });

  test('__proto__ can not change what an object is', () => {
    assert.throws(() => parseJson('{"__proto__":{"admin":true}}'), fhirError(400, 'structure'));
    assert.throws(() => parseJson('{"\\u005f_proto__":{}}'), fhirError(400, 'structure'));
  });

  test('an error says where and repeats nothing of the content', () => {
    assert.throws(
      () => parseJson('{"family":"Geheim" "given":1}'),
      (error) => {
        fhirError(400, 'invalid')(error);
        assert.match((error as Error).message, /character 19/);
        assert.doesNotMatch((error as Error).message, /Geheim|family|given/);
        return true;
      },
    );
  });
});
