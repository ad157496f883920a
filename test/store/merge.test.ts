// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../../src/fhir/resource.ts';
import { mergeInto } from '../../src/store/unit/merge.ts';
import { Recorded } from '../../src/store/unit/recorded.ts';

const report = (elements: object): Resource => ({ resourceType: 'DiagnosticReport', id: 'r1', ...elements });
const refs = (...ids: string[]) => ids.map((id) => ({ reference: `Observation/${id}` }));

function told(said: Resource, stored: Resource, adds: readonly string[]): Resource {
  return mergeInto(stored, said, { removed: [], adds }, new Recorded()).resource;
}

test('a corrected result leaves the other results of the report where they were', () => {
  const after = told(report({ result: refs('b') }), report({ result: refs('a', 'b', 'c') }), ['result']);
  assert.deepEqual(after['result'], refs('a', 'b', 'c'));
});

test('a further result comes after those that are there', () => {
  const after = told(report({ result: refs('c') }), report({ result: refs('a', 'b') }), ['result']);
  assert.deepEqual(after['result'], refs('a', 'b', 'c'));
});

test('an extension takes the place of the one of its kind and leaves the others', () => {
  const stored = report({
    extension: [
      { url: 'x', valueString: 'old' },
      { url: 'y', valueString: 'kept' },
    ],
  });
  const after = told(report({ extension: [{ url: 'x', valueString: 'new' }] }), stored, ['extension']);
  assert.deepEqual(after['extension'], [
    { url: 'x', valueString: 'new' },
    { url: 'y', valueString: 'kept' },
  ]);
});

test('saying the same again changes nothing', () => {
  const stored = report({
    result: refs('a', 'b'),
    extension: [
      { url: 'x', valueCode: '1' },
      { url: 'x', valueCode: '2' },
    ],
  });
  assert.deepEqual(told(structuredClone(stored), stored, ['result', 'extension']), stored);
});

test('a discharge without the time of admission keeps the time of admission', () => {
  const stay = (period: object): Resource => ({ resourceType: 'Encounter', id: 'e1', period });
  const after = told(stay({ end: '2026-03-02' }), stay({ start: '2026-03-01' }), ['period']);
  assert.deepEqual(after['period'], { start: '2026-03-01', end: '2026-03-02' });
});
