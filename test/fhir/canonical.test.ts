// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import canonicalizeJcs from 'canonicalize';
import fc from 'fast-check';
import { canonicalize } from '../../src/fhir/canonical.ts';
import { parseJson } from '../../src/fhir/json.ts';
import { jsonText } from './arbitrary.ts';
import { fhirError } from './expect.ts';

interface Vectors {
  canonical: { name: string; text: string; canonical: string; sha256: string }[];
  refused: { name: string; text: string }[];
}
const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/canonical/vectors.json', import.meta.url), 'utf8'),
) as Vectors;

describe('canonical form: the published vectors', () => {
  for (const { name, text, canonical, sha256 } of vectors.canonical) {
    test(name, () => {
      assert.equal(canonicalize(parseJson(text)), canonical);
      assert.equal(createHash('sha256').update(canonical, 'utf8').digest('hex'), sha256);
    });
  }
  for (const { name, text } of vectors.refused) {
    test(`refused: ${name}`, () => {
      assert.throws(() => parseJson(text), fhirError(400));
    });
  }
});

describe('canonical form', () => {
  test('is RFC 8785 wherever JavaScript prints the numbers as they were received', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'grapheme' }), (text) => {
        const value: unknown = JSON.parse(text);
        if (/\\ud[89a-f]|-0/i.test(text)) return;
        assert.equal(canonicalize(value), canonicalizeJcs(value));
      }),
      { numRuns: 500 },
    );
  });

  test('is its own canonical form', () => {
    fc.assert(
      fc.property(jsonText(), (text) => {
        const once = canonicalize(parseJson(text));
        assert.equal(canonicalize(parseJson(once)), once);
      }),
      { numRuns: 300 },
    );
  });

  test('does not depend on the order in which elements came', () => {
    const members = fc.uniqueArray(fc.tuple(fc.string({ unit: 'grapheme' }), jsonText()), {
      selector: ([name]) => name,
      maxLength: 6,
    });
    const shuffled = members.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    const textOf = (list: [string, string][]) =>
      `{${list.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        if (one.some(([name]) => name === '__proto__')) return;
        assert.equal(canonicalize(parseJson(textOf(one))), canonicalize(parseJson(textOf(other))));
      }),
      { numRuns: 300 },
    );
  });

  test('tells 1.5 and 1.50 apart', () => {
    assert.notEqual(canonicalize(parseJson('{"v":1.5}')), canonicalize(parseJson('{"v":1.50}')));
  });

  test('leaves out undefined members and refuses what JSON can not say', () => {
    assert.equal(canonicalize({ a: undefined, b: 1 }), '{"b":1}');
    for (const value of [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      undefined,
      () => 1,
      1n,
      '\ud800',
      [undefined],
    ]) {
      assert.throws(() => canonicalize({ value: [value] }), TypeError);
    }
  });
});
