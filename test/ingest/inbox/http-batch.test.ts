// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as open } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import express, { type RequestHandler } from 'express';
import { buildAck } from '../../../src/ingest/ack.ts';
import { splitParts } from '../../../src/ingest/hl7/batch.ts';
import { readMessage } from '../../../src/ingest/hl7/message.ts';
import { hl7Router } from '../../../src/ingest/http.ts';
import type { Receive } from '../../../src/ingest/receive.ts';
import { bench, message, normalizer } from './support.ts';

const letIn: RequestHandler = (_request, _response, next) => next();
const now = () => Date.UTC(2026, 0, 2, 3, 4, 5);
const MAX_BYTES = 10_000;

type Closing = { after(hook: () => Promise<void>): void };

async function serve(t: Closing, receive: Receive): Promise<number> {
  const options = { receive, normalizer, authorize: letIn, maxMessageBytes: MAX_BYTES, now };
  const server = createServer(express().use(hl7Router(options)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

interface Reply {
  readonly status: number;
  readonly body: string;
}

/** Posts a body of any length; `slowly` reads nothing of the answer before everything has been sent. */
async function post(port: number, body: Iterable<Buffer | string>, slowly = false): Promise<Reply> {
  const headers = { 'content-type': 'application/hl7-v2' };
  const sending = open({ port, host: '127.0.0.1', path: '/hl7v2', method: 'POST', headers });
  const answered = once(sending, 'response');
  answered.catch(() => undefined);
  const sent = once(sending, 'finish');
  Readable.from(body).pipe(sending);
  if (slowly) await sent;
  const [response] = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, body: Buffer.concat(chunks).toString() };
}

/** An answer as its segments: acknowledgments as `AA C1`, batch segments as they are but for time and control id. */
function outline(body: string): string[] {
  return splitParts(Buffer.from(body)).map((part) => {
    if (part.kind !== 'message') return part.text.replace(/\b[0-9a-f]{20}\b/, 'ID');
    const ack = readMessage(part.bytes.toString());
    const [msa, err] = [ack.segment('MSA')!, ack.segment('ERR')];
    return [msa.value(1), msa.value(2), ...(err ? [err.value(3)] : [])].join(' ');
  });
}

const BHS = 'BHS|^~\\&|LAB|HARBOUR|MOORING|HOSP|20240101||NIGHT||B-7\r';
const FHS = 'FHS|^~\\&|LAB|HARBOUR|MOORING|HOSP|20240101||F.hl7||F-1\r';
const answerTo = (name: string, about: string, id: string) =>
  `${name}|^~\\&|MOORING|HOSP|LAB|HARBOUR|20260102030405+0000||${about}||ID|${id}`;

const control = (id: string) => message({ control: id, patient: `P-${id}` });

test('a batch is answered with a batch: an acknowledgment for each message, in their order, the bad ones too', async (t) => {
  const inbox = await (await bench(t)).open();
  const port = await serve(t, inbox.receive);
  const bad = message({ control: 'C2', birth: 'never' });
  const body = [FHS, BHS, control('C1'), bad, control(''), control('C4'), 'BTS|4\r', 'FTS|1\r'];
  const { status, body: answer } = await post(port, [Buffer.concat(body.map((each) => Buffer.from(each)))]);
  assert.equal(status, 200);
  const expected = ['AA C1', 'AE C2 102', 'AR  101', 'AA C4'];
  assert.deepEqual(outline(answer), [
    answerTo('FHS', 'F.hl7', 'F-1'),
    answerTo('BHS', 'NIGHT', 'B-7'),
    ...expected,
    'BTS|4',
    'FTS|1',
  ]);
  const { kept, dead, refused } = inbox.stats();
  assert.deepEqual([kept, dead, refused], [2, 1, 1]);
});

test('several messages without a batch are answered with as many acknowledgments', async (t) => {
  const inbox = await (await bench(t)).open();
  const port = await serve(t, inbox.receive);
  const body = [control('C1'), control('C2'), control('C1')];
  assert.deepEqual(outline((await post(port, body)).body), ['AA C1', 'AA C2', 'AA C1']);
  assert.equal(inbox.stats().kept, 2);
});

test('a batch sent twice is answered alike and kept once', async (t) => {
  const inbox = await (await bench(t)).open();
  const port = await serve(t, inbox.receive);
  const body = [BHS, control('C1'), control('C2'), 'BTS|2\r'];
  const answers = [await post(port, body), await post(port, body)].map((each) => outline(each.body));
  assert.deepEqual(answers[0], answers[1]);
  assert.equal(inbox.stats().kept, 2);
});

test('a batch whose trailer counts otherwise, or is missing, is answered and told so', async (t) => {
  const inbox = await (await bench(t)).open();
  const port = await serve(t, inbox.receive);
  const short = await post(port, [FHS, BHS, control('C1'), 'BTS|2\r', 'FTS|3\r']);
  assert.deepEqual(outline(short.body).slice(2), [
    'AA C1',
    'BTS|1|BTS-1 says 2 messages, but 1 came',
    'FTS|1|FTS-1 says 3 batches, but 1 came',
  ]);
  const open = await post(port, [BHS, control('C2')]);
  assert.deepEqual(outline(open.body).slice(1), ['AA C2', 'BTS|1|a batch has no BTS: it may not be whole']);
  assert.deepEqual(outline((await post(port, [BHS, 'BTS|0\r'])).body).slice(1), ['BTS|0']);
});

test('a batch header that can not be read still gets its answer', async (t) => {
  const inbox = await (await bench(t)).open();
  const port = await serve(t, inbox.receive);
  const { body } = await post(port, ['BHS|||||\r', control('C1')]);
  assert.deepEqual(outline(body).slice(0, 2), ['BHS|^~\\&|MOORING||||20260102030405+0000||||ID', 'AA C1']);
});

test('messages that want no acknowledgment get none, and when none is wanted the answer is empty', async (t) => {
  const inbox = await (await bench(t)).open();
  const port = await serve(t, inbox.receive);
  const silent = (id: string) => message({ control: id, patient: id, modes: 'NE|NE' });
  assert.deepEqual(outline((await post(port, [silent('C1'), control('C2')])).body), ['AA C2']);
  assert.deepEqual(await post(port, [silent('C3'), silent('C4')]), { status: 204, body: '' });
});

test('one message too large in a batch is refused, its neighbours are kept', async (t) => {
  const inbox = await (await bench(t)).open();
  const port = await serve(t, inbox.receive);
  const large = message({ control: 'C2', name: 'x'.repeat(MAX_BYTES) });
  const body = [BHS, control('C1'), large, control('C3'), 'BTS|3\r'];
  assert.deepEqual(outline((await post(port, body)).body).slice(1), ['AA C1', 'AR C2 207', 'AA C3', 'BTS|3']);
});

test('what begins with no message is one bad message, whatever follows', async (t) => {
  const inbox = await (await bench(t)).open();
  const port = await serve(t, inbox.receive);
  assert.deepEqual(outline((await post(port, ['hello\r', control('C1')])).body), ['AR  100']);
});

const filler = 'x'.repeat(5_000);
const acknowledging = (held: { now: number; most: number }): Receive => {
  return async (bytes) => {
    held.now += 1;
    held.most = Math.max(held.most, held.now);
    await new Promise((soon) => setImmediate(soon));
    held.now -= 1;
    return { now: buildAck(bytes, 'AA', { now }) };
  };
};

function* feed(messages: number, onGive: () => void): Generator<Buffer> {
  yield Buffer.from(BHS);
  for (let index = 0; index < messages; index++) {
    onGive();
    yield Buffer.from(`MSH|^~\\&|LAB|HARBOUR|||2026||ADT^A08|C${index}|P|2.5.1\rNTE|1||${filler}\r`);
  }
  yield Buffer.from(`BTS|${messages}\r`);
}

test('a body of 40 MB is taken in as it comes, with few of its messages in work at a time', {
  timeout: 120_000,
}, async (t) => {
  const held = { now: 0, most: 0 };
  let answered = 0;
  let given = 0;
  let ahead = 0;
  const receive = acknowledging(held);
  const port = await serve(t, async (bytes, via) => {
    const answer = await receive(bytes, via);
    answered += 1;
    return answer;
  });
  const messages = 8_000;
  const { status, body } = await post(
    port,
    feed(messages, () => {
      given += 1;
      ahead = Math.max(ahead, given - answered);
    }),
  );
  assert.equal(status, 200);
  const lines = body.split('\r').filter((line) => line.startsWith('MSA'));
  assert.deepEqual(
    [lines.length, lines[0], lines.at(-1)],
    [messages, 'MSA|AA|C0', `MSA|AA|C${messages - 1}`],
  );
  assert.match(body, /BTS\|8000\r$/);
  assert.ok(held.most <= 32, `${held.most} in work`);
  assert.ok(ahead < messages / 2, `${ahead} of ${messages} waited`);
});

test('a sender that reads nothing before it has sent everything gets its whole answer', {
  timeout: 120_000,
}, async (t) => {
  const port = await serve(t, acknowledging({ now: 0, most: 0 }));
  const { body } = await post(
    port,
    feed(8_000, () => undefined),
    true,
  );
  assert.match(body, /MSA\|AA\|C7999\rBTS\|8000\r$/);
});

test('who hangs up in the middle of a batch keeps nobody waiting', { timeout: 30_000 }, async (t) => {
  let taken = 0;
  let enough = (): void => undefined;
  const some = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const port = await serve(t, async (bytes) => {
    taken += 1;
    if (taken === 100) enough();
    return { now: buildAck(bytes, 'AA', { now }) };
  });
  const headers = { 'content-type': 'application/hl7-v2' };
  const sending = open({ port, host: '127.0.0.1', path: '/hl7v2', method: 'POST', headers });
  sending.on('error', () => undefined);
  for (const piece of feed(200, () => undefined)) sending.write(piece);
  await some;
  sending.destroy();
  assert.deepEqual(outline((await post(port, [control('C1'), control('C2')])).body), ['AA C1', 'AA C2']);
});
