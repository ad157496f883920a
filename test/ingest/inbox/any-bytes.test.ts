// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { inspect } from '../../../src/ingest/inbox/inspect.ts';
import { bench, code, fault, message, normalizer, VIA } from './support.ts';

const INVALID = new URL('../../../fixtures/hl7-invalid/', import.meta.url);
const EXPECTED: Record<string, { acknowledgment: string; error: string; location: string }> = JSON.parse(
  readFileSync(new URL('expected.json', INVALID), 'utf8'),
);
/** What the headers decide, whatever the mappings are. */
const BY_HEADER = /^(001|004|005|006|007|008|009|010)-/;

for (const file of readdirSync(INVALID).filter((name) => BY_HEADER.test(name))) {
  test(`${file} is answered as its sender was promised`, async (t) => {
    const inbox = await (await bench(t)).open();
    const answer = await inbox.receive(readFileSync(new URL(file, INVALID)), VIA);
    const { acknowledgment, error, location } = EXPECTED[file]!;
    assert.equal(code(answer), acknowledgment);
    assert.ok(fault(answer).startsWith(location), fault(answer));
    assert.ok(fault(answer).endsWith(error), fault(answer));
    const kept = acknowledgment === 'AE' ? 1 : 0;
    assert.equal((await inbox.deadLetters.list()).length, kept);
  });
}

const whole = message({ type: 'ORU^R01', value: 'x\\F\\y', modes: 'AL|AL' });
/** Cuts, overwrites and repeats anywhere. */
const mutated = fc
  .array(fc.record({ at: fc.nat(whole.length), bytes: fc.uint8Array({ maxLength: 4 }), drop: fc.nat(20) }), {
    maxLength: 6,
  })
  .map((edits) =>
    edits.reduce(
      (bytes, { at, bytes: inserted, drop }) =>
        Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + drop)]),
      whole,
    ),
  );

test('whatever the bytes, they are judged without an exception', () => {
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      assert.match(inspect(bytes, normalizer).fate, /^(accepted|failed|refused)$/);
    }),
    { numRuns: 1000 },
  );
});

test('a fault of the program leaves a dead letter, not a lost message', async (t) => {
  const inbox = await (await bench(t)).open({
    normalizer: {
      convert() {
        throw new TypeError('a bug');
      },
    },
  });
  const answer = await inbox.receive(message(), VIA);
  assert.equal(code(answer), 'AE');
  assert.match(fault(answer), / 207$/);
  assert.equal((await inbox.deadLetters.list()).length, 1);
});

test('mutated messages all get an answer, and what is acknowledged is there', async (t) => {
  const inbox = await (await bench(t)).open();
  await fc.assert(
    fc.asyncProperty(fc.array(mutated, { maxLength: 8 }), async (batch) => {
      const answers = await Promise.all(batch.map((bytes) => inbox.receive(bytes, VIA)));
      for (const answer of answers) assert.match(code(answer), /^(A[AER]|C[AR]|)$/);
    }),
    { numRuns: 60 },
  );
  await inbox.settled();
  const { received, processed, dead } = (await inbox.summary()).status;
  assert.equal(received, 0);
  assert.equal(processed + dead, inbox.stats().kept + inbox.stats().dead);
});
