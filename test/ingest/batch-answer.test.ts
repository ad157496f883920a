// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { answerBatch } from '../../src/ingest/batch-answer.ts';
import type { Part } from '../../src/ingest/hl7/batch.ts';

const now = () => Date.UTC(2026, 0, 1);
const parts = (count: number, bytes: number): Part[] =>
  Array.from({ length: count }, () => ({
    kind: 'message',
    bytes: Buffer.alloc(bytes, 'x'),
    cut: false,
    headed: true,
  }));

/** How many of a hundred messages are taken while none of them has been answered. */
async function takenUnanswered(sizeBytes: number): Promise<number> {
  let taken = 0;
  const acknowledge = (): Promise<Buffer> => {
    taken += 1;
    return new Promise(() => undefined);
  };
  void answerBatch(parts(100, sizeBytes), { acknowledge, now }).next();
  await nextTurn();
  return taken;
}

test('of a batch no more than 32 messages, or 16 MB, are in work at a time', async () => {
  assert.equal(await takenUnanswered(100), 32);
  assert.equal(await takenUnanswered(1024 * 1024), 17);
  assert.equal(await takenUnanswered(64 * 1024 * 1024), 1);
});

test('answers come in the order of the messages, whichever is done first', async () => {
  const done: (() => void)[] = [];
  const acknowledge = (_bytes: Buffer): Promise<Buffer> => {
    const name = Buffer.from(`${done.length}`);
    return new Promise((resolve) => done.push(() => resolve(name)));
  };
  const answers = answerBatch(parts(3, 10), { acknowledge, now });
  const first = answers.next();
  await nextTurn();
  for (const finish of done.toReversed()) finish();
  assert.equal(String((await first).value), '0');
  assert.deepEqual([String((await answers.next()).value), String((await answers.next()).value)], ['1', '2']);
});

test('a message that could not be answered ends the answer, and leaves nothing unhandled', async () => {
  const acknowledge = () => Promise.reject(new Error('no answer'));
  await assert.rejects(async () => {
    for await (const _ of answerBatch(parts(5, 10), { acknowledge, now })) assert.fail('an answer');
  }, /no answer/);
  await nextTurn();
});
