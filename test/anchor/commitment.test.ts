// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  commitmentOfPartial,
  commitResource,
  discloseElements,
  leafData,
  readLeaf,
} from '../../src/anchor/commitment.ts';
import { treeHashOfData } from '../../src/anchor/merkle.ts';
import { parseJson } from '../../src/fhir/json.ts';
import type { Resource } from '../../src/fhir/resource.ts';

const SALT = Buffer.alloc(32, 7);
const CHARGE = '{"resourceType":"ChargeItem","id":"c1","factorOverride":1.50,"note":[{"text":"a"}]}';
const read = (text: string) => parseJson(text) as Resource;
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');

/** The definition of docs/log.md once more, in other words. */
function byDefinition(elements: Readonly<Record<string, string>>, salt: Uint8Array): string {
  const digests = Object.entries(elements).map(([name, text]) => {
    const own = createHmac('sha256', salt).update(name).digest();
    const pair = Buffer.from(`[${JSON.stringify(name)},${text}]`);
    return createHash('sha256')
      .update(Buffer.concat([Buffer.of(2), own, pair]))
      .digest();
  });
  return hex(treeHashOfData(digests.sort(Buffer.compare)));
}

test('the commitment is what the documentation defines, a decimal as it was written', () => {
  const expected = byDefinition(
    { resourceType: '"ChargeItem"', id: '"c1"', factorOverride: '1.50', note: '[{"text":"a"}]' },
    SALT,
  );
  assert.equal(hex(commitResource(read(CHARGE), SALT)), expected);
  assert.notEqual(hex(commitResource(read(CHARGE.replace('1.50', '1.5')), SALT)), expected);
});

test('the vectors in the documentation hold', () => {
  const page = readFileSync(new URL('../../docs/log.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\{.*\})` \| `([0-9a-f]{64})` \|$/gm)];
  assert.ok(rows.length >= 3);
  for (const [, text, commitment] of rows)
    assert.equal(hex(commitResource(read(text!), Buffer.from([...Array(32).keys()]))), commitment);
});

test('the order of elements does not matter, the salt and each value do', () => {
  const one = hex(commitResource(read('{"resourceType":"Patient","id":"p","active":true}'), SALT));
  assert.equal(hex(commitResource(read('{"active":true,"id":"p","resourceType":"Patient"}'), SALT)), one);
  assert.notEqual(hex(commitResource(read('{"resourceType":"Patient","id":"p","active":false}'), SALT)), one);
  assert.notEqual(
    hex(commitResource(read('{"resourceType":"Patient","id":"p","active":true}'), Buffer.alloc(32, 8))),
    one,
  );
});

test('a masked copy still verifies, whichever elements it shows, and any change in it is found', () => {
  const names = fc.constantFrom('active', 'birthDate', 'gender', 'score', 'constructor', 'é');
  const element = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  fc.assert(
    fc.property(fc.dictionary(names, element), fc.array(names), (elements, shownNames) => {
      const resource = read(JSON.stringify({ resourceType: 'Basic', id: 'x', ...elements }));
      const whole = hex(commitResource(resource, SALT));
      const partial = discloseElements(resource, SALT, ['id', ...shownNames]);
      assert.equal(hex(commitmentOfPartial(partial)), whole);
      const changed = { ...partial, shown: { ...partial.shown, id: 'y' } };
      assert.notEqual(hex(commitmentOfPartial(changed)), whole);
    }),
    { numRuns: 300 },
  );
});

test('a masked copy holds nothing of what it hides but digests, in an order that tells nothing', () => {
  const resource = read('{"resourceType":"Patient","id":"p","birthDate":"1950-01-02","gender":"female"}');
  const partial = discloseElements(resource, SALT, ['id', 'absent']);
  assert.deepEqual(Object.keys(partial.shown), ['id']);
  assert.deepEqual(Object.keys(partial.salts), ['id']);
  assert.equal(partial.hidden.length, 3);
  assert.deepEqual(partial.hidden, [...partial.hidden].sort(Buffer.compare));
  assert.equal(commitmentOfPartial({ ...partial, salts: {} }), undefined);
});

test('a shown decimal keeps its precision in a masked copy', () => {
  const resource = read(CHARGE);
  const partial = discloseElements(resource, SALT, ['factorOverride']);
  assert.equal(hex(commitmentOfPartial(partial)), hex(commitResource(resource, SALT)));
});

test('a leaf is 34 bytes that say its kind, and other bytes are no leaf', () => {
  const commitment = Buffer.alloc(32, 5);
  for (const kind of ['resource', 'consent', 'audit'] as const) {
    const leaf = leafData(kind, commitment);
    assert.equal(leaf.length, 34);
    assert.deepEqual(
      { ...readLeaf(leaf), commitment: hex(readLeaf(leaf)?.commitment) },
      { kind, commitment: hex(commitment) },
    );
  }
  const leaf = leafData('resource', commitment);
  for (const bad of [
    leaf.subarray(1),
    Buffer.concat([leaf, Buffer.of(0)]),
    Buffer.from(leaf).fill(9, 0, 1),
    Buffer.from(leaf).fill(2, 1, 2),
  ])
    assert.equal(readLeaf(bad), undefined);
});
