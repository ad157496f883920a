// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { buildAck } from '../../src/ingest/ack.ts';
import { readBytes } from '../../src/ingest/hl7/charset.ts';
import { Hl7Error } from '../../src/ingest/hl7/errors.ts';
import { FrameReader, frame } from '../../src/ingest/mllp/frames.ts';
import { listenMllp, type MllpServer } from '../../src/ingest/mllp.ts';
import { openLogger } from '../../src/operate/log.ts';
import { fixtures } from './hl7/fixtures.ts';

const now = () => Date.UTC(2026, 0, 1);
const MESSAGES = fixtures().map(({ bytes }) => bytes);
let server: MllpServer;

before(async () => {
  server = await listenMllp(
    { port: 0, now },
    async (bytes) => {
      try {
        return [buildAck(readBytes(bytes).message, 'AA', { now })];
      } catch (error) {
        if (!(error instanceof Hl7Error)) throw error;
        return [buildAck(bytes, 'AR', { now, errors: [error] })];
      }
    },
    openLogger('silent'),
  );
});

after(() => server.close());

/** Sends the stream, ends it, and returns what came back: MSA-1 and MSA-2 of each answer. */
function exchange(pieces: readonly Buffer[]): Promise<string[]> {
  return new Promise((resolve) => {
    const reader = new FrameReader({ maxMessageBytes: 1 << 20, maxNoiseBytes: 0 });
    const found: string[] = [];
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      reader.push(chunk);
      for (let one = reader.next(); one; one = reader.next()) {
        const msa = readBytes(one).message.segment('MSA')!;
        found.push(`${msa.value(1)} ${msa.value(2)}`);
      }
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(found));
    for (const piece of pieces) socket.write(piece);
    socket.end();
  });
}

function cut(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    pieces.push(stream.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const message = fc.constantFrom(...MESSAGES);
const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 10 });

test('whole messages between damaged ones are all answered, in their order', {
  timeout: 60_000,
}, async () => {
  // Damage inside a frame: any bytes but the ones that end it.
  const damaged = fc
    .tuple(message, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 30 }))
    .map(([bytes, flips]) => {
      const copy = Buffer.from(bytes);
      for (const [where, value] of flips)
        if (value !== 0x1c && value !== 0x0b) copy[where % copy.length] = value;
      return copy;
    });
  const streams = fc.array(fc.tuple(fc.boolean(), message, damaged), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(streams, sizes, async (parts, pieceSizes) => {
      const sent = parts.map(([whole, good, bad]) => (whole ? good : bad));
      const answers = await exchange(cut(Buffer.concat(sent.map(frame)), pieceSizes));
      assert.equal(answers.length, sent.length);
      for (const [index, [whole, good]] of parts.entries()) {
        if (whole) assert.equal(answers[index], `AA ${readBytes(good).message.header.value(10)}`);
      }
    }),
    { numRuns: 300 },
  );
});

test('a stream that is damaged anywhere ends with answers or a closed connection, never otherwise', {
  timeout: 60_000,
}, async () => {
  const flips = fc.array(fc.tuple(fc.nat(), fc.constantFrom(0x0b, 0x1c, 0x0d, 0x00, 0x4d)), {
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { minLength: 1, maxLength: 4 }),
      flips,
      sizes,
      async (sent, hits, pieceSizes) => {
        const stream = Buffer.concat(sent.map(frame));
        for (const [where, value] of hits) stream[where % stream.length] = value;
        const answers = await exchange(cut(stream, pieceSizes));
        assert.ok(answers.length <= stream.length);
        assert.deepEqual(await exchange([frame(MESSAGES[0]!)]), ['AA HRB000001']);
      },
    ),
    { numRuns: 300 },
  );
});
