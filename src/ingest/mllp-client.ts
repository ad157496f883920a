// SPDX-License-Identifier: Apache-2.0
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { readBytes } from './hl7/charset.ts';
import { FrameReader, frame } from './mllp/frames.ts';

export type MllpErrorCode = 'NOT_CONNECTED' | 'CLOSED' | 'TIMEOUT' | 'BAD_ANSWER';

/** A message that got no answer; whether it was kept is unknown, so it is to be sent again. */
export class MllpError extends Error {
  override readonly name = 'MllpError';
  readonly code: MllpErrorCode;

  constructor(code: MllpErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface MllpClientOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;
  /** How long connecting, and each answer, may take. */
  readonly timeoutMs?: number;
  /** Messages that answer none that is waited for, such as later application acknowledgments in enhanced mode. */
  readonly onFurther?: (bytes: Buffer) => void;
}

export interface MllpClient {
  /** Sends a message and resolves with its acknowledgment. May be called again before that: messages are then in flight together. */
  send(bytes: Uint8Array): Promise<Buffer>;
  /** Sends a message and resolves when it is on its way: what answers it is among the further messages. */
  post(bytes: Uint8Array): Promise<void>;
  /** Hears what the receiver still has to say to the messages, and ends. */
  close(): Promise<void>;
}

interface Waiting {
  readonly controlId: string | undefined;
  resolve(answer: Buffer): void;
  reject(error: MllpError): void;
  readonly timer: NodeJS.Timeout;
}

const ANSWER_LIMITS = { maxMessageBytes: 16 * 1024 * 1024, maxNoiseBytes: 1024 };

/** Connects to an MLLP receiver. Rejects with MllpError, as does every `send` whose answer can't come any more. */
export async function connectMllp(options: MllpClientOptions): Promise<MllpClient> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const socket = await connected(options, timeoutMs);
  const reader = new FrameReader(ANSWER_LIMITS);
  const waiting: Waiting[] = [];
  let closed = false;

  const failAll = (code: MllpErrorCode, message: string, cause?: unknown): void => {
    for (const one of waiting.splice(0)) {
      clearTimeout(one.timer);
      one.reject(new MllpError(code, message, { cause }));
    }
  };
  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => {
    reader.push(chunk);
    for (let answer = reader.next(); answer; answer = reader.next())
      settle(waiting, answer, options.onFurther);
    if (reader.fault) {
      failAll('BAD_ANSWER', 'the receiver does not speak MLLP');
      socket.destroy();
    }
  });
  socket.on('error', (error) => failAll('CLOSED', 'the connection failed before the answer came', error));
  socket.on('end', () => socket.end());
  socket.on('close', () => {
    closed = true;
    failAll('CLOSED', 'the receiver closed the connection before the answer came');
  });

  return {
    send: (bytes) =>
      new Promise((resolve, reject) => {
        if (closed || !socket.writable) {
          reject(new MllpError('CLOSED', 'the connection is closed'));
          return;
        }
        const timer = setTimeout(() => {
          // Later answers could no longer be told apart from this one's.
          failAll('TIMEOUT', `no answer within ${timeoutMs} ms`);
          socket.destroy();
        }, timeoutMs);
        waiting.push({ controlId: controlIdOf(bytes, 'MSH', 10), resolve, reject, timer });
        socket.write(frame(bytes));
      }),
    post: (bytes) =>
      new Promise((resolve, reject) => {
        const fail = (cause?: unknown) =>
          reject(new MllpError('CLOSED', 'the connection is closed', { cause }));
        if (closed || !socket.writable) return fail();
        socket.write(frame(bytes), (error) => (error ? fail(error) : resolve()));
      }),
    close: () =>
      new Promise((resolve) => {
        if (closed) return resolve();
        const impatience = setTimeout(() => socket.destroy(), timeoutMs);
        socket.once('close', () => {
          clearTimeout(impatience);
          resolve();
        });
        socket.end();
      }),
  };
}

/** Answers come in the order of the messages; MSA-2 tells those apart that answer nothing we wait for. */
function settle(waiting: Waiting[], answer: Buffer, onFurther?: (bytes: Buffer) => void): void {
  const controlId = controlIdOf(answer, 'MSA', 2);
  const found = controlId === undefined ? 0 : waiting.findIndex((one) => one.controlId === controlId);
  const position = found < 0 && waiting[0]?.controlId === undefined ? 0 : found;
  const [one] = position < 0 ? [] : waiting.splice(position, 1);
  if (!one) {
    onFurther?.(answer);
    return;
  }
  clearTimeout(one.timer);
  one.resolve(answer);
}

function controlIdOf(bytes: Uint8Array, segment: string, field: number): string | undefined {
  try {
    return readBytes(bytes).message.segment(segment)?.value(field) || undefined;
  } catch {
    return undefined; // what can't be read is matched by its turn
  }
}

function connected(options: MllpClientOptions, timeoutMs: number): Promise<Socket> {
  const { host, port, tls } = options;
  return new Promise((resolve, reject) => {
    const socket = tls
      ? connectTls({ host, port, ...tls }, () => done())
      : connectTcp({ host, port }, () => done());
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(
        new MllpError('NOT_CONNECTED', `no connection to ${host}:${port}: ${error.message}`, {
          cause: error,
        }),
      );
    };
    const timer = setTimeout(() => fail(new Error(`not within ${timeoutMs} ms`)), timeoutMs);
    const done = (): void => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    };
    socket.once('error', fail);
  });
}
