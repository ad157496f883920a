// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { acknowledgementMode, buildAck } from '../../../src/ingest/ack.ts';
import { splitMessages } from '../../../src/ingest/hl7/batch.ts';
import { readBytes } from '../../../src/ingest/hl7/charset.ts';
import { Hl7Error } from '../../../src/ingest/hl7/errors.ts';
import { fixtures } from './fixtures.ts';

const MESSAGES = fixtures().map(({ bytes }) => bytes);

type Mutation = (bytes: Buffer) => Buffer;

const at = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const byte = fc.oneof(
  fc.constantFrom(...Buffer.from('|^~\\&\r\n\u000b\u001c\u001b\u0000"M#')),
  fc.integer({ min: 0, max: 255 }),
);
const index = (bytes: Buffer, where: number) => Math.floor(where * bytes.length);

const truncate = at.map(
  (where): Mutation =>
    (bytes) =>
      bytes.subarray(0, index(bytes, where)),
);
const flip = fc.array(fc.tuple(at, byte), { minLength: 1, maxLength: 12 }).map(
  (flips): Mutation =>
    (bytes) => {
      const copy = Buffer.from(bytes);
      for (const [where, value] of flips) if (copy.length > 0) copy[index(copy, where)] = value;
      return copy;
    },
);
const swap = fc.tuple(byte, byte).map(
  ([a, b]): Mutation =>
    (bytes) =>
      Buffer.from(bytes.map((value) => (value === a ? b : value === b ? a : value))),
);
const repeat = fc.tuple(at, at, fc.integer({ min: 2, max: 40 })).map(
  ([from, to, times]): Mutation =>
    (bytes) => {
      const [start, end] = [index(bytes, Math.min(from, to)), index(bytes, Math.max(from, to))];
      const part = bytes.subarray(start, end);
      return Buffer.concat([
        bytes.subarray(0, start),
        ...Array<Buffer>(times).fill(part),
        bytes.subarray(end),
      ]);
    },
);
const nest = fc.tuple(at, fc.constantFrom(...MESSAGES)).map(
  ([where, inner]): Mutation =>
    (bytes) =>
      Buffer.concat([bytes.subarray(0, index(bytes, where)), inner, bytes.subarray(index(bytes, where))]),
);
const mutation = fc.oneof(truncate, flip, flip, swap, repeat, nest);
const mutated = fc
  .tuple(fc.constantFrom(...MESSAGES), fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([message, mutations]) =>
    mutations.reduce((bytes, mutate) => mutate(bytes), message).subarray(0, 400_000),
  );

test('a damaged message is read or refused with a code, and can be answered either way', {
  timeout: 120_000,
}, () => {
  let refused = 0;
  fc.assert(
    fc.property(mutated, (bytes) => {
      const errors: Hl7Error[] = [];
      try {
        const { message } = readBytes(bytes);
        for (const segment of message.segments) readEverything(segment);
        acknowledgementMode(message);
      } catch (error) {
        assert.ok(error instanceof Hl7Error, String(error));
        errors.push(error);
        refused++;
      }
      const answer = readBytes(
        buildAck(bytes, errors.length > 0 ? 'AR' : 'AA', { errors, now: Date.now }),
      ).message;
      assert.deepEqual(
        answer.segments.map(({ name }) => name),
        ['MSH', 'MSA', ...errors.map(() => 'ERR')],
      );
      assert.ok(splitMessages(bytes).length <= bytes.length);
    }),
    { numRuns: 3000 },
  );
  assert.ok(refused > 100);
});

/** Visits every value, but not all of a field that a mutation blew up. */
function readEverything(segment: ReturnType<typeof readBytes>['message']['segments'][number]): void {
  for (let field = 0; field <= segment.fieldCount + 1; field++) {
    segment.isDelete(field);
    for (let repetition = 1; repetition <= Math.min(segment.repetitions(field), 20); repetition++) {
      for (let component = 1; component <= Math.min(segment.components(field, repetition), 20); component++) {
        const parts = Math.min(segment.subcomponents(field, repetition, component), 20);
        for (let part = 1; part <= parts; part++) {
          assert.equal(typeof segment.value(field, repetition, component, part), 'string');
        }
      }
    }
  }
}
