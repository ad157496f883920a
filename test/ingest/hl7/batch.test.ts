// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { messagesOf, type Part, partsOf, splitMessages, splitParts } from '../../../src/ingest/hl7/batch.ts';
import { BatchCount } from '../../../src/ingest/hl7/batch-count.ts';
import { readBytes } from '../../../src/ingest/hl7/charset.ts';
import { Splitter } from '../../../src/ingest/hl7/splitter.ts';
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
  const withoutCr = MESSAGES.map((message) =>
    frame(Buffer.from(message.toString('latin1').trimEnd(), 'latin1')).subarray(0, -1),
  );
  assert.deepEqual(ids(Buffer.concat(withoutCr)), expected);
  const batch = [Buffer.from('FHS|^~\\&|X\rBHS|^~\\&|X\r'), ...MESSAGES, Buffer.from('BTS|2\rFTS|1\r')];
  assert.deepEqual(ids(Buffer.concat(batch)), expected);
});

test('cutting a file changes no byte of its messages', () => {
  for (const message of MESSAGES) {
    const whole = message.toString('latin1').trim().concat('\r');
    assert.equal(splitMessages(message)[0]?.toString('latin1'), whole);
  }
  const ending = Buffer.from('MSH|^~\\&|EHR\rNTE|1||voilà', 'utf8');
  assert.equal(splitMessages(ending)[0]?.toString('utf8'), 'MSH|^~\\&|EHR\rNTE|1||voilà\r');
});

test('a file without a message gives nothing, one that is something else gives itself', () => {
  assert.deepEqual(splitMessages(Buffer.from('\r\n\r\n')), []);
  assert.deepEqual(splitMessages(Buffer.alloc(0)), []);
  assert.equal(splitMessages(Buffer.from('hello\nworld')).length, 1);
  assert.deepEqual(splitMessages(Buffer.from('hello\rMSH|^~\\&|A')).map(String), [
    'hello\r',
    'MSH|^~\\&|A\r',
  ]);
});

test('a note that says MSH or BTS begins no message and ends no batch', () => {
  const note = 'MSH|^~\\&|A\rNTE|1||see\nMSHA list\nMSH list\nBTSX\nFHS2\r';
  assert.deepEqual(splitMessages(Buffer.from(note)).map(String), [note]);
});

const LINES = [
  'FHS|^~\\&|X',
  'BHS|^~\\&|Ångström',
  'MSH|^~\\&|A|\u0d0a\u0a0d\u4d0d',
  'PID|1||2',
  'MSH|^~\\&|B',
  'BTS|2',
  'FTS|1',
];

for (const [name, encode] of Object.entries({
  'UTF-16, little end first': (text: string) => Buffer.from(text, 'utf16le'),
  'UTF-16, big end first': (text: string) => Buffer.from(text, 'utf16le').swap16(),
  'UTF-32': (text: string) =>
    Buffer.concat([...text].map((each) => Buffer.of(...le32(each.codePointAt(0)!)))),
})) {
  test(`a batch in ${name}, is cut at its segments and not inside characters`, () => {
    for (const mark of ['', '\ufeff']) {
      const parts = splitParts(encode(`${mark}${LINES.join('\r\n')}\r\n\r\n`));
      assert.deepEqual(
        parts.map(({ kind }) => kind),
        ['FHS', 'BHS', 'message', 'message', 'BTS', 'FTS'],
      );
      assert.equal(parts[1]?.kind === 'BHS' && parts[1].text, LINES[1]);
      const [first, second] = parts.filter((part) => part.kind === 'message');
      assert.equal(readBytes(first!.bytes).text, `${LINES[2]}\r\n${LINES[3]}\r`);
      assert.equal(readBytes(second!.bytes).message.header.value(3), 'B');
    }
  });
}

function le32(code: number): number[] {
  return [code & 0xff, (code >> 8) & 0xff, (code >> 16) & 0xff, 0];
}

test('in whatever pieces a file comes, its parts are the same', async () => {
  const piece = fc.oneof(
    fc.constantFrom(...MESSAGES.slice(0, 20)),
    fc
      .constantFrom(
        '\r',
        '\n',
        '\r\n',
        '\u000b',
        '\u001c\r',
        ' ',
        '\ufeff',
        'M',
        'MS',
        'NTE|1||x\r',
        'BHS|^~\\&|\r',
        'BTS|1',
        'FTS',
      )
      .map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 8 }),
      fc.integer({ min: 1, max: 300 }),
      async (pieces, size) => {
        const file = Buffer.concat(pieces);
        const chunks = Array.from({ length: Math.ceil(file.length / size) }, (_, index) =>
          file.subarray(index * size, (index + 1) * size),
        );
        const parts: Part[] = [];
        for await (const part of partsOf(chunks)) parts.push(part);
        assert.deepEqual(parts, splitParts(file));
      },
    ),
    { numRuns: 300 },
  );
});

test('a message that is too large comes as its beginning, and those around it whole', async () => {
  const file = Buffer.from(`MSH|^~\\&|A\rMSH|^~\\&|B\rNTE|1||${'x'.repeat(500)}\rMSH|^~\\&|C\r`);
  const parts: string[] = [];
  for await (const part of partsOf([file.subarray(0, 40), file.subarray(40)], 30)) {
    parts.push(
      part.kind === 'message' ? `${part.cut} ${part.bytes.length} ${part.bytes.toString().slice(0, 10)}` : '',
    );
  }
  assert.deepEqual(parts, ['false 11 MSH|^~\\&|A', 'true 31 MSH|^~\\&|B', 'false 11 MSH|^~\\&|C']);
});

test('a file of 50 MB is read a piece at a time, and nothing of it stays behind', async () => {
  const message = Buffer.from(`MSH|^~\\&|A\rPID|1||2\rNTE|1||${'x'.repeat(450)}\r`);
  const perPiece = Math.ceil(65_536 / message.length);
  const piece = Buffer.concat(Array<Buffer>(perPiece).fill(message));
  const pieces = Math.ceil((50 * 1024 * 1024) / piece.length);
  let given = 0;
  function* file(): Generator<Buffer> {
    for (let index = 0; index < pieces; index++) {
      given += perPiece;
      yield Buffer.from(piece);
    }
  }
  let taken = 0;
  for await (const each of messagesOf(file())) {
    taken += 1;
    if (!each.equals(message)) assert.fail(`message ${taken} is another one`);
    if (given - taken > perPiece + 1) assert.fail(`${given - taken} messages are held`);
  }
  assert.equal(taken, pieces * perPiece);
});

test('a message of many small pieces, or one long line, costs its length and no more', async () => {
  const splitter = new Splitter();
  const begun = performance.now();
  splitter.push(Buffer.from('MSH|^~\\&|A\rOBX|1|ED|||'));
  for (let index = 0; index < 200_000; index++)
    splitter.push(Buffer.alloc(100, index % 2 === 0 ? 'x' : '\n'));
  const [message] = splitter.end();
  assert.ok(message?.kind === 'message' && message.bytes.length > 19_999_900);
  assert.ok(performance.now() - begun < 10_000);
});

describe('the counts of a batch', () => {
  const problems = (...lines: string[]): string[] => {
    const count = new BatchCount();
    const parts = splitParts(Buffer.from(lines.join('\r')));
    return [...parts.flatMap((part) => count.take(part)), ...count.end()];
  };
  const [fhs, bhs, msh] = ['FHS|^~\\&', 'BHS|^~\\&', 'MSH|^~\\&|A'];

  test('that are right, or not given, are not remarked on', () => {
    assert.deepEqual(problems(msh, msh), []);
    assert.deepEqual(problems(fhs, bhs, msh, msh, 'BTS|2', bhs, 'BTS|0', 'FTS|2'), []);
    assert.deepEqual(problems(fhs, bhs, msh, 'BTS', 'FTS||all'), []);
    assert.deepEqual(problems(fhs, msh, msh, 'FTS|2'), []);
    assert.deepEqual(problems(bhs, msh, 'BTS*1'), []);
  });

  test('that are wrong, and trailers that are missing, are', () => {
    const [noBts, noFts] = [
      'a batch has no BTS: it may not be whole',
      'a file has no FTS: it may not be whole',
    ];
    assert.deepEqual(problems(bhs, msh, 'BTS|2'), ['BTS-1 says 2 messages, but 1 came']);
    assert.deepEqual(problems(bhs, msh, 'BTS|one'), ['BTS-1 is no number of messages: 1 came']);
    assert.deepEqual(problems(fhs, bhs, msh, 'BTS|1', 'FTS|2'), ['FTS-1 says 2 batches, but 1 came']);
    assert.deepEqual(problems(fhs, bhs, msh), [noBts, noFts]);
    assert.deepEqual(problems(fhs, bhs, msh, bhs, msh, 'BTS|1', 'FTS|2'), [noBts]);
  });
});
