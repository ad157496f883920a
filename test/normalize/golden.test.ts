// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { validateResource } from '../../src/fhir/validate.ts';
import { fixture, fixtureNames, normalizer, printConversion, ROOT } from './setting.ts';

for (const name of fixtureNames) {
  test(`${name} becomes the resources that were reviewed for it`, () => {
    const expected = join(ROOT, 'fixtures/expected', name.replace(/\.hl7$/, '.ndjson'));
    const lines = printConversion(normalizer.convert(fixture(name))).split('\n');
    assert.deepEqual(lines, readFileSync(expected, 'utf8').split('\n'));
  });
}

test('every resource of every fixture is valid R4, and so is the transaction that holds them', () => {
  for (const name of fixtureNames) {
    const { bundle, entries } = normalizer.convert(fixture(name));
    for (const { resource } of entries) assert.deepEqual(validateResource(resource), [], name);
    assert.deepEqual(validateResource(bundle), [], name);
  }
});

test('a message converted again, and by a bridge started anew, gives the same to the letter', async () => {
  const { openNormalizer } = await import('../../src/normalize/normalizer.ts');
  const { ID_SECRET, MAPPINGS } = await import('./setting.ts');
  const again = await openNormalizer({ folder: MAPPINGS, idSecret: ID_SECRET, defaultZone: 'Z' });
  for (const name of fixtureNames) {
    const first = printConversion(normalizer.convert(fixture(name)));
    assert.equal(printConversion(normalizer.convert(fixture(name))), first);
    assert.equal(printConversion(again.convert(fixture(name))), first);
  }
});

test('all references within a transaction lead to its own entries', () => {
  for (const name of fixtureNames) {
    const { entries } = normalizer.convert(fixture(name));
    const known = new Set(entries.map(({ resource }) => `${resource.resourceType}/${resource.id}`));
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, member] of Object.entries(value)) {
        if (key === 'reference' && typeof member === 'string' && !member.startsWith('#')) {
          assert.ok(known.has(member), `${name}: ${member}`);
        } else visit(member);
      }
    };
    for (const { resource } of entries) visit(resource);
  }
});

test('that somebody wants to know where each value came from changes nothing in what a message becomes', () => {
  for (const name of fixtureNames) {
    const explained = normalizer.convert(fixture(name), { explain: true });
    assert.equal(printConversion(explained), printConversion(normalizer.convert(fixture(name))), name);
  }
});
