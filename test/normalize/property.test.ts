// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { printJson } from '../../src/fhir/json.ts';
import { validateResource } from '../../src/fhir/validate.ts';
import { readBytes } from '../../src/ingest/hl7/charset.ts';
import { Hl7Error } from '../../src/ingest/hl7/errors.ts';
import { decimalLiteral } from '../../src/normalize/types/number.ts';
import { fixtureNames, normalizer, ROOT } from './setting.ts';

const messages = fixtureNames.map((name) => readFileSync(join(ROOT, 'fixtures/hl7', name)));

/** What happens to messages on the way: cut, changed, repeated, moved about. */
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('byte' as const), at: fc.nat(), with: fc.integer({ min: 0, max: 255 }) }),
  fc.record({
    kind: fc.constant('delimiter' as const),
    at: fc.nat(),
    with: fc.constantFrom('|', '^', '~', '&', '\\', '\r', '""', '|""|'),
  }),
  fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(), times: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('move' as const), at: fc.nat(), to: fc.nat() }),
  fc.record({
    kind: fc.constant('text' as const),
    at: fc.nat(),
    with: fc.string({ unit: 'binary', maxLength: 12 }),
  }),
);
type Mutation = typeof mutation extends fc.Arbitrary<infer M> ? M : never;

function mutate(bytes: Buffer, change: Mutation): Buffer {
  const body = bytes.indexOf(0x0d) + 1;
  const at = body + (change.at % Math.max(bytes.length - body, 1));
  switch (change.kind) {
    case 'cut':
      return bytes.subarray(0, at);
    case 'byte': {
      const copy = Buffer.from(bytes);
      copy[at] = change.with;
      return copy;
    }
    case 'delimiter':
    case 'text':
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(change.with), bytes.subarray(at + 1)]);
    default: {
      const lines = bytes.toString('latin1').split('\r');
      const line = 1 + (change.at % Math.max(lines.length - 1, 1));
      const taken = lines[line] ?? '';
      if (change.kind === 'repeat') lines.splice(line, 0, ...Array<string>(change.times).fill(taken));
      else {
        lines.splice(line, 1);
        lines.splice(1 + (change.to % Math.max(lines.length, 1)), 0, taken);
      }
      return Buffer.from(lines.join('\r'), 'latin1');
    }
  }
}

test('a damaged message is converted to valid resources or refused with an HL7 error, never anything else', () => {
  let converted = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...messages),
      fc.array(mutation, { minLength: 1, maxLength: 5 }),
      (bytes, changes) => {
        const damaged = changes.reduce<Buffer>(mutate, bytes);
        try {
          const { entries, bundle } = normalizer.convert(readBytes(damaged).message);
          for (const { resource } of entries) assert.deepEqual(validateResource(resource), []);
          assert.equal(printJson(bundle), printJson(normalizer.convert(readBytes(damaged).message).bundle));
          converted++;
        } catch (error) {
          if (!(error instanceof Hl7Error)) throw error;
        }
      },
    ),
    { numRuns: 400, includeErrorInReport: true },
  );
  assert.ok(converted > 100);
});

test('an NM becomes a JSON number of the same value and the same decimals', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[+-]?\d{0,6}(\.\d{0,6})?$/), (written) => {
      const literal = decimalLiteral(written);
      if (!/\d/.test(written)) return assert.equal(literal, undefined);
      assert.equal(JSON.parse(literal!), Number(written));
      assert.equal(literal!.split('.')[1] ?? '', written.split('.')[1] ?? '');
    }),
  );
});
