// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalize } from '../../src/fhir/canonical.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { mergeInto, type Statement } from '../../src/store/unit/merge.ts';
import { Recorded } from '../../src/store/unit/recorded.ts';

type Told = Statement & { readonly said: Record<string, unknown> };

const VALUES = ['valueString', 'valueQuantity', 'valueBoolean'];
const excluded = (name: string) => VALUES.filter((each) => each !== name);

/** What the resource is when these were told, one after the other, and what is known of when. */
function after(told: readonly Told[]): { resource: Resource; late: boolean; recorded: Recorded } {
  let resource: Resource | undefined;
  let recorded = new Recorded();
  let late = false;
  for (const { said, ...statement } of told) {
    const result = mergeInto(resource, { resourceType: 'Basic', id: 'b', ...said }, statement, recorded);
    ({ resource, late } = result);
    // Between two messages it is a text in the database.
    recorded = Recorded.read(recorded.print());
  }
  return { resource: resource as Resource, late, recorded };
}

const is = (resource: Resource) => {
  const { resourceType, ...elements } = resource;
  return elements;
};

test('a late message does not overwrite what is newer, and fills what nobody has spoken of', () => {
  const { resource, late } = after([
    { said: { status: 'final' }, removed: [], asOf: 20 },
    { said: { status: 'draft', note: 'x' }, removed: [], asOf: 10 },
  ]);
  assert.deepEqual(is(resource), { status: 'final', note: 'x' });
  assert.equal(late, true);
});

test('what is said again later is as new as the last time it was said', () => {
  const { resource } = after([
    { said: { status: 'final' }, removed: [], asOf: 10 },
    { said: { status: 'final' }, removed: [], asOf: 30 },
    { said: { status: 'draft' }, removed: [], asOf: 20 },
  ]);
  assert.deepEqual(is(resource), { status: 'final' });
});

test('what was deleted is not brought back by a late message, as a whole or in part', () => {
  const { resource } = after([
    { said: {}, removed: ['status', 'period.end'], asOf: 20 },
    { said: { status: 'final', period: { start: '1', end: '2' } }, removed: [], adds: ['period'], asOf: 10 },
  ]);
  assert.deepEqual(is(resource), { period: { start: '1' } });
});

test('a part is deleted and the rest stays; an element without parts is none', () => {
  const period = { start: '1', end: '2' };
  const told: Told[] = [
    { said: { period, stay: { end: '2' } }, removed: [], adds: ['period', 'stay'], asOf: 1 },
    { said: {}, removed: ['period.end', 'stay.end', 'nothing.end'], asOf: 2 },
  ];
  assert.deepEqual(is(after(told).resource), { period: { start: '1' } });
});

test('a list that is replaced keeps what was added to it since', () => {
  const kinds = (...urls: string[]) => ({ extension: urls.map((url) => ({ url, valueString: url })) });
  const told: Told[] = [
    { said: kinds('a', 'b'), removed: [], adds: ['extension'], asOf: 10 },
    { said: kinds('c'), removed: [], adds: ['extension'], asOf: 30 },
    { said: kinds('d'), removed: [], asOf: 20 },
  ];
  assert.deepEqual(is(after(told).resource), kinds('d', 'c'));
  assert.deepEqual(is(after([...told].reverse()).resource), kinds('d', 'c'));
});

test('of messages of the same time the one that came last counts; so it is where nobody knows when', () => {
  for (const asOf of [{ asOf: 10 }, {}]) {
    const told = ['a', 'b'].map((status) => ({ said: { status }, removed: [], ...asOf }));
    assert.deepEqual(is(after(told).resource), { status: 'b' });
  }
  const unknown: Told[] = [
    { said: { status: 'a' }, removed: [], asOf: 10 },
    { said: { status: 'b' }, removed: [] },
  ];
  assert.deepEqual(is(after(unknown).resource), { status: 'b' });
});

test('what stands for something unsaid takes no place and is no news', () => {
  const assumes = [{ name: 'status', unless: ['state'] }];
  const real: Told = { said: { status: 'final' }, removed: [], asOf: 10 };
  const assumed: Told = { said: { status: 'unknown' }, removed: [], assumes, asOf: 20 };
  assert.deepEqual(is(after([real, assumed]).resource), { status: 'final' });
  assert.deepEqual(is(after([assumed, real]).resource), { status: 'final' });
  const other: Told = { said: { state: 'x' }, removed: [], asOf: 10 };
  assert.deepEqual(is(after([other, assumed]).resource), { state: 'x' });
});

test('what somebody wrote as a whole is newer than all that was recorded before', () => {
  const recorded = Recorded.whole(50);
  const told = (asOf: number) =>
    mergeInto(
      { resourceType: 'Basic', status: 'final' },
      { resourceType: 'Basic', status: 'draft', note: 'x' },
      { removed: [], asOf },
      recorded,
    ).resource;
  assert.deepEqual(is(told(40)), { status: 'final' });
  assert.deepEqual(is(told(60)), { status: 'draft', note: 'x' });
});

test('what is known of times has no content, and little of it', () => {
  const extension = [{ url: 'https://example.org/secret', valueString: 'secret' }];
  const said = { status: 'secret', note: 'secret', extension, period: { start: 'secret' } };
  const { recorded } = after([{ said, removed: ['gone'], adds: ['extension', 'period'], asOf: 7 }]);
  assert.equal(recorded.print(), '{"gone status note":7,"period.":{"start":7},"extension[]":[[1,7,7]]}');
});

const word = fc.constantFrom('a', 'b', 'c');
const member = fc.record({ url: word, valueString: word });
const one = fc.oneof(
  fc.record({
    said: fc.record({ status: word, note: word }, { requiredKeys: [] }),
    removed: fc.subarray(['gone']),
  }),
  fc
    .constantFrom(...VALUES)
    .chain((name) => fc.record({ said: fc.record({ [name]: word }), removed: fc.constant(excluded(name)) })),
  fc.record({
    said: fc.record({ period: fc.record({ start: word, end: word }, { requiredKeys: [] }) }),
    removed: fc.subarray(['status']),
    adds: fc.constant(['period']),
  }),
  fc.record({ said: fc.constant({}), removed: fc.subarray(['period.end', 'period', 'note', 'status']) }),
  fc.record({ said: fc.record({ period: fc.record({ start: word }) }), removed: fc.constant([]) }),
  fc.record({
    said: fc.record({ extension: fc.uniqueArray(member, { minLength: 1, maxLength: 3 }) }),
    removed: fc.constant([]),
    adds: fc.constant(['extension']),
  }),
);

/** Every message about a resource says what R4 requires of it, or stands in for it. */
function withStatus(told: Told): Told {
  if (told.said['status'] !== undefined) return told;
  return {
    ...told,
    said: { ...told.said, status: 'unknown' },
    assumes: [{ name: 'status', unless: [] }],
  };
}

test('messages in any order, and however often, end in the same resource', () => {
  const cases = fc
    .array(one, { minLength: 1, maxLength: 7 })
    .map((told) => told.map((each, place): Told => ({ ...withStatus(each as Told), asOf: place + 1 })))
    .chain((told) =>
      fc.tuple(
        fc.constant(told),
        fc.tuple(
          fc.shuffledSubarray(told, { minLength: told.length }),
          fc.array(fc.constantFrom(...told), { maxLength: 4 }),
        ),
      ),
    );
  fc.assert(
    fc.property(cases, ([inOrder, [shuffled, again]]) => {
      const expected = canonicalize(after(inOrder).resource);
      assert.equal(canonicalize(after([...shuffled, ...again]).resource), expected);
      assert.equal(canonicalize(after([...again, ...shuffled]).resource), expected);
    }),
    { numRuns: 2000 },
  );
});
