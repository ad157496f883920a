// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitMessages } from '../../../src/ingest/hl7/batch.ts';
import { readBytes } from '../../../src/ingest/hl7/charset.ts';
import { frame } from '../../../src/ingest/mllp/frames.ts';
import { fixtures } from './fixtures.ts';

const MESSAGES = fixtures().map(({ bytes }) => bytes);

function ids(file: Buffer): string[] {
  return splitMessages(file).map((message) => readBytes(message).message.header.value(10));
}

const expected = MESSAGES.map((message) => readBytes(message).message.header.value(10));

test('a file may hold several messages, one behind the other, in frames, or as a batch', () => {
  assert.deepEqual(ids(Buffer.concat(MESSAGES)), expected);
  assert.deepEqual(ids(Buffer.concat(MESSAGES.map(frame))), expected);
  const batch = [Buffer.from('FHS|^~\\&|X\rBHS|^~\\&|X\r'), ...MESSAGES, Buffer.from('BTS|2\rFTS|1\r')];
  assert.deepEqual(ids(Buffer.concat(batch)), expected);
});

test('cutting a file changes no byte of its messages', () => {
  for (const message of MESSAGES) {
    const marked = message.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf)) ? message.subarray(3) : message;
    const whole = marked.toString('latin1').replace(/[\r\n]+$/, '\r');
    assert.equal(splitMessages(message)[0]?.toString('latin1'), whole);
  }
  const ending = Buffer.from('MSH|^~\\&|EHR\rNTE|1||voilà', 'utf8');
  assert.equal(splitMessages(ending)[0]?.toString('utf8'), 'MSH|^~\\&|EHR\rNTE|1||voilà\r');
});

test('a file without a message gives nothing, one that is something else gives itself', () => {
  assert.deepEqual(splitMessages(Buffer.from('\r\n\r\n')), []);
  assert.equal(splitMessages(Buffer.from('hello\nworld')).length, 1);
  const wide = Buffer.from('MSH|^~\\&|A\rMSH|^~\\&|B\r', 'utf16le');
  assert.deepEqual(splitMessages(wide), [wide]);
});
