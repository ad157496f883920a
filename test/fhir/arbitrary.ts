// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';

/** Number literals of JSON that a double can hold, many of which JavaScript would print differently. */
export function numberLiteral(): fc.Arbitrary<string> {
  const digits = fc.stringMatching(/^\d{0,25}$/);
  return fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9]\d{0,20}$/)),
      fc.option(
        digits.filter((text) => text !== ''),
        { nil: undefined },
      ),
      fc.option(
        fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.stringMatching(/^\d{1,2}$/)),
        {
          nil: undefined,
        },
      ),
    )
    .map(([sign, whole, fraction, exponent]) =>
      [sign, whole, fraction === undefined ? '' : `.${fraction}`, exponent ? exponent.join('') : ''].join(''),
    );
}

// JavaScript lists whole-number names first, and __proto__ is refused: no such names in FHIR.
const name = fc
  .string({ unit: 'grapheme', maxLength: 6 })
  .filter((text) => !/^\d+$/.test(text) && text !== '__proto__');

/** Compact JSON texts; objects have each name once. */
export function jsonText(): fc.Arbitrary<string> {
  return fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthIdentifier: 'json' },
      numberLiteral(),
      fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
      fc.constantFrom('true', 'false', 'null'),
      tie('object'),
      tie('array'),
    ),
    object: fc
      .uniqueArray(fc.tuple(name, tie('value')), {
        selector: ([key]) => key,
        maxLength: 5,
        depthIdentifier: 'json',
      })
      .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`),
    array: fc
      .array(tie('value'), { maxLength: 5, depthIdentifier: 'json' })
      .map((members) => `[${members.join(',')}]`),
  })).object;
}
