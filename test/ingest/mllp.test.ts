// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { buildAck } from '../../src/ingest/ack.ts';
import { readBytes } from '../../src/ingest/hl7/charset.ts';
import { FrameReader, frame } from '../../src/ingest/mllp/frames.ts';
import { listenMllp, type MllpHandler, type MllpOptions, type MllpServer } from '../../src/ingest/mllp.ts';
import { connectMllp, MllpError } from '../../src/ingest/mllp-client.ts';
import { openLogger } from '../../src/operate/log.ts';

const logger = openLogger('silent');
const now = () => Date.UTC(2026, 0, 2, 3, 4, 5);
const servers: MllpServer[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const acceptAll: MllpHandler = async (bytes) => [buildAck(bytes, 'AA', { now })];

async function listen(handle: MllpHandler = acceptAll, options: Partial<MllpOptions> = {}): Promise<number> {
  const server = await listenMllp({ port: 0, now, ...options }, handle, logger);
  servers.push(server);
  return server.port;
}

async function open(port: number, halfOpen = false): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: halfOpen });
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** Resolves when the connection has ended, in whatever way. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    socket.once('close', () => resolve());
  });
}

/** The acknowledgments that arrive until there are so many, or the connection ends. */
async function answers(socket: Socket, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const reader = new FrameReader({ maxMessageBytes: 1 << 20, maxNoiseBytes: 0 });
  const found: string[] = [];
  while (found.length < count) {
    const chunk = await new Promise<Buffer | undefined>((resolve) => {
      if (socket.readableEnded || socket.destroyed) resolve(undefined);
      socket.once('data', resolve);
      socket.once('close', () => resolve(undefined));
      socket.once('end', () => resolve(undefined));
    });
    if (!chunk) break;
    reader.push(chunk);
    for (let answer = reader.next(); answer; answer = reader.next()) {
      const { message } = readBytes(answer);
      const msa = message.segment('MSA');
      found.push([msa?.value(1), msa?.value(2), message.segment('ERR')?.value(3)].filter(Boolean).join(' '));
    }
  }
  return found;
}

function adt(controlId: string, note = ''): Buffer {
  return Buffer.from(`MSH|^~\\&|EHR|HOSP|||||ADT^A01|${controlId}|P|2.5.1\rPID|1||1\rNTE|1||${note}\r`);
}

describe('an MLLP sender', () => {
  test('gets an answer to each of several messages in one packet, in their order', async () => {
    // the first takes longest
    const port = await listen(async (bytes) => {
      const wait = bytes.includes('SLOW') ? 30 : 0;
      await new Promise((resolve) => setTimeout(resolve, wait));
      return [buildAck(bytes, 'AA', { now })];
    });
    const socket = await open(port);
    socket.write(Buffer.concat(['SLOW', 'B', 'C'].map((id) => frame(adt(id)))));
    assert.deepEqual(await answers(socket, 3), ['AA SLOW', 'AA B', 'AA C']);
  });

  test('may send a message byte by byte', async () => {
    const socket = await open(await listen());
    for (const byte of frame(adt('BYTES'))) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(await answers(socket, 1), ['AA BYTES']);
  });

  test('may close its side after sending and still reads every answer', async () => {
    const socket = await open(await listen(acceptAll, { maxInFlight: 2 }), true);
    const ids = Array.from({ length: 50 }, (_, index) => `H${index}`);
    socket.end(Buffer.concat(ids.map((id) => frame(adt(id)))));
    assert.deepEqual(
      await answers(socket),
      ids.map((id) => `AA ${id}`),
    );
  });

  test('is read no further while as many messages as allowed are in work', async () => {
    let working = 0;
    let most = 0;
    const port = await listen(
      async (bytes) => {
        working++;
        most = Math.max(most, working);
        await new Promise((resolve) => setImmediate(resolve));
        working--;
        return [buildAck(bytes, 'AA', { now })];
      },
      { maxInFlight: 3 },
    );
    const socket = await open(port);
    socket.write(Buffer.concat(Array.from({ length: 40 }, (_, index) => frame(adt(`F${index}`)))));
    assert.equal((await answers(socket, 40)).length, 40);
    assert.equal(most, 3);
  });

  test('gets a later application acknowledgment after the first answer', async () => {
    const port = await listen(async (bytes, peer) => {
      peer.send(buildAck(bytes, 'AA', { now }));
      return [buildAck(bytes, 'CA', { now })];
    });
    const socket = await open(port);
    socket.write(frame(adt('TWICE')));
    assert.deepEqual(await answers(socket, 2), ['CA TWICE', 'AA TWICE']);
  });

  test('that gives up in the middle and begins again gets an answer to what it sent whole', async () => {
    const socket = await open(await listen());
    const whole = frame(adt('WHOLE'));
    socket.write(Buffer.concat([frame(adt('PART')).subarray(0, 40), whole]));
    assert.deepEqual(await answers(socket, 1), ['AA WHOLE']);
  });

  test('may leave out the CR that ends a frame when the next one follows', async () => {
    const socket = await open(await listen());
    const bare = frame(adt('BARE'));
    socket.write(Buffer.concat([bare.subarray(0, bare.length - 1), frame(adt('AFTER'))]));
    assert.deepEqual(await answers(socket, 2), ['AA BARE', 'AA AFTER']);
  });

  test('waits rather than being refused when its own messages in work fill the memory there is', async () => {
    const port = await listen(
      async (bytes) => {
        await new Promise((resolve) => setImmediate(resolve));
        return [buildAck(bytes, 'AA', { now })];
      },
      { maxBufferedBytes: 5000 },
    );
    const socket = await open(port);
    const ids = Array.from({ length: 30 }, (_, index) => `W${index}`);
    socket.write(Buffer.concat(ids.map((id) => frame(adt(id, 'x'.repeat(2000))))));
    assert.deepEqual(
      await answers(socket, ids.length),
      ids.map((id) => `AA ${id}`),
    );
  });

  test('keeps control characters that stand inside a message', async () => {
    const seen: Buffer[] = [];
    const port = await listen(async (bytes) => {
      seen.push(bytes);
      return [buildAck(bytes, 'AA', { now })];
    });
    const socket = await open(port);
    socket.write(frame(adt('CTRL', 'soft\u000bbreak and \u001c alone')));
    assert.deepEqual(await answers(socket, 1), ['AA CTRL']);
    assert.deepEqual(seen, [adt('CTRL', 'soft\u000bbreak and \u001c alone')]);
  });
});

describe('a message that is too large', () => {
  test('is refused with its control id and the connection closed, others are not disturbed', async () => {
    const port = await listen(acceptAll, { maxMessageBytes: 2000 });
    const [large, other] = [await open(port), await open(port)];
    large.write(frame(adt('LARGE', 'x'.repeat(5000))));
    assert.deepEqual(await answers(large), ['AR LARGE 207']);
    other.write(frame(adt('SMALL')));
    assert.deepEqual(await answers(other, 1), ['AA SMALL']);
  });

  test('is one byte over the limit; one at the limit is taken', async () => {
    const atLimit = adt('LIMIT', 'y'.repeat(500));
    const port = await listen(acceptAll, { maxMessageBytes: atLimit.length });
    const socket = await open(port);
    socket.write(frame(atLimit));
    assert.deepEqual(await answers(socket, 1), ['AA LIMIT']);
    socket.write(frame(Buffer.concat([atLimit, Buffer.from('z')])));
    assert.deepEqual(await answers(socket), ['AR LIMIT 207']);
  });

  test('does not keep earlier messages of the connection from being answered first', async () => {
    const port = await listen(acceptAll, { maxMessageBytes: 1000 });
    const socket = await open(port);
    socket.write(Buffer.concat([frame(adt('ONE')), frame(adt('TWO', 'x'.repeat(3000)))]));
    assert.deepEqual(await answers(socket), ['AA ONE', 'AR TWO 207']);
  });

  test('finds all connections together bounded as well', async () => {
    const port = await listen(acceptAll, { maxBufferedBytes: 4000 });
    const [first, second] = [await open(port), await open(port)];
    first.write(frame(adt('HELD', 'x'.repeat(3000))).subarray(0, 2500));
    await new Promise((resolve) => setTimeout(resolve, 20));
    second.write(frame(adt('BUSY', 'x'.repeat(3000))).subarray(0, 2500));
    assert.deepEqual(await answers(second), ['AR BUSY 207']);
  });
});

describe('a peer that does no MLLP', () => {
  test('is closed after a bounded number of bytes', async () => {
    const socket = await open(await listen());
    socket.write(`GET / HTTP/1.1\r\n${'x'.repeat(2000)}`);
    assert.deepEqual(await answers(socket), []);
  });

  test('is closed when it says nothing, or never ends its message', { timeout: 10_000 }, async () => {
    const port = await listen(acceptAll, { idleMs: 60 });
    const [silent, unfinished] = [await open(port), await open(port)];
    const trickle = setInterval(() => unfinished.write('x'), 20);
    unfinished.write(frame(adt('NEVER')).subarray(0, 30));
    await Promise.all([closed(silent), closed(unfinished)]);
    clearInterval(trickle);
  });

  test('can not take more connections than are allowed', async () => {
    const port = await listen(acceptAll, { maxConnections: 2 });
    const [first] = [await open(port), await open(port)];
    const third = connect({ port, host: '127.0.0.1' });
    third.on('error', () => undefined);
    sockets.push(third);
    await closed(third);
    first!.write(frame(adt('STILL')));
    assert.deepEqual(await answers(first!, 1), ['AA STILL']);
  });
});

describe('the server', () => {
  test('answers AE 207 when a message could not be handled, and goes on', async () => {
    const port = await listen(async (bytes) => {
      if (bytes.includes('BROKEN')) throw new Error('database gone');
      return [buildAck(bytes, 'AA', { now })];
    });
    const socket = await open(port);
    socket.write(Buffer.concat([frame(adt('BROKEN')), frame(adt('NEXT'))]));
    assert.deepEqual(await answers(socket, 2), ['AE BROKEN 207', 'AA NEXT']);
  });

  test('lets messages in work be answered before it closes', async () => {
    let begun: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const server = await listenMllp(
      { port: 0, now },
      async (bytes) => {
        begun();
        await new Promise((resolve) => setTimeout(resolve, 30));
        return [buildAck(bytes, 'AA', { now })];
      },
      logger,
    );
    const socket = await open(server.port);
    socket.write(frame(adt('LAST')));
    await started;
    const [received] = await Promise.all([answers(socket), server.close()]);
    assert.deepEqual(received, ['AA LAST']);
  });

  test('answers every whole frame in order, however its bytes are split and whatever stands between', async () => {
    const port = await listen(async (bytes) => [bytes]);
    const message = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes));
    const safe = message.map((bytes) =>
      Buffer.concat([Buffer.from('M'), bytes.map((b) => (b === 0x1c ? 0 : b))]),
    );
    const noise = fc
      .uint8Array({ maxLength: 5 })
      .map((bytes) => Buffer.from(bytes.map((b) => (b === 0x0b ? 0 : b))));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(noise, safe), { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
        async (parts, sizes) => {
          const stream = Buffer.concat(parts.flatMap(([between, bytes]) => [between, frame(bytes)]));
          const socket = await open(port);
          const reader = new FrameReader({ maxMessageBytes: 1000, maxNoiseBytes: 0 });
          const received: string[] = [];
          const all = new Promise<void>((resolve) => {
            socket.on('data', (chunk: Buffer) => {
              reader.push(chunk);
              for (let one = reader.next(); one; one = reader.next()) received.push(one.toString('hex'));
              if (received.length === parts.length) resolve();
            });
          });
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const size = sizes[turn % sizes.length]!;
            socket.write(stream.subarray(at, at + size));
            at += size;
            if (turn % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
          }
          await all;
          socket.destroy();
          assert.deepEqual(
            received,
            parts.map(([, bytes]) => bytes.toString('hex')),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  test('survives any bytes and then answers a good message', { timeout: 60_000 }, async () => {
    const port = await listen(acceptAll, { maxMessageBytes: 500, maxNoiseBytes: 200 });
    const special = fc.constantFrom(0x0b, 0x1c, 0x0d, 0x0a, 0x4d, 0x53, 0x48, 0x7c);
    const bytes = fc.array(fc.oneof(special, fc.integer({ min: 0, max: 255 })), { maxLength: 700 });
    await fc.assert(
      fc.asyncProperty(bytes, async (values) => {
        const socket = await open(port);
        socket.end(Buffer.from(values));
        socket.resume();
        await closed(socket);
      }),
      { numRuns: 300 },
    );
    const socket = await open(port);
    socket.write(frame(adt('FINE')));
    assert.deepEqual(await answers(socket, 1), ['AA FINE']);
  });
});

describe('our MLLP client', () => {
  test('may have many messages in flight and gives each its own answer', async () => {
    const client = await connectMllp({ host: '127.0.0.1', port: await listen() });
    const ids = Array.from({ length: 200 }, (_, index) => `P${index}`);
    const received = await Promise.all(ids.map((id) => client.send(adt(id))));
    assert.deepEqual(
      received.map((answer) => readBytes(answer).message.segment('MSA')?.value(2)),
      ids,
    );
    await client.close();
  });

  test('keeps later application acknowledgments apart from the answers it waits for', async () => {
    const port = await listen(async (bytes, peer) => {
      peer.send(buildAck(bytes, 'AA', { now }));
      return [buildAck(bytes, 'CA', { now })];
    });
    const further: Buffer[] = [];
    const client = await connectMllp({ host: '127.0.0.1', port, onFurther: (bytes) => further.push(bytes) });
    for (const id of ['A', 'B', 'C']) {
      assert.match((await client.send(adt(id))).toString(), new RegExp(`MSA\\|CA\\|${id}\r`));
    }
    await client.close();
    assert.equal(further.length, 3);
  });

  test('says so when no answer came', async () => {
    const port = await listen(async () => undefined);
    const patient = await connectMllp({ host: '127.0.0.1', port, timeoutMs: 50 });
    await assert.rejects(patient.send(adt('X')), (error: MllpError) => error.code === 'TIMEOUT');
    await assert.rejects(patient.send(adt('Y')), (error: MllpError) => error.code === 'CLOSED');
    await patient.close();
    const closedPort = await listen();
    await servers.pop()!.close();
    await assert.rejects(
      connectMllp({ host: '127.0.0.1', port: closedPort }),
      (error: unknown) => error instanceof MllpError && error.code === 'NOT_CONNECTED',
    );
  });
});
