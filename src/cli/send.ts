// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { answersDue } from '../ingest/ack.ts';
import { partsOf } from '../ingest/hl7/batch.ts';
import { BatchCount } from '../ingest/hl7/batch-count.ts';
import { readBytes } from '../ingest/hl7/charset.ts';
import { Hl7Error } from '../ingest/hl7/errors.ts';
import type { Message } from '../ingest/hl7/message.ts';
import { connectMllp, type MllpClient, type MllpClientOptions } from '../ingest/mllp-client.ts';
import type { AddCommand, Terminal } from './terminal.ts';

interface SendOptions {
  readonly to: { host: string; port: number };
  readonly tls?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly timeout: number;
}

/** More than any receiver takes. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;

/** `mooring send`: HL7 v2 messages from files over MLLP, in the order of the names, a line for each acknowledgment. */
export const addSend: AddCommand = (program, terminal) => {
  program
    .command('send')
    .description('send HL7 v2 messages over MLLP; a line per acknowledgment: FILE  CODE  MSH-10')
    .argument('<files...>', 'files, folders of .hl7 files, or - for standard input')
    .requiredOption('--to <host:port>', 'where the receiver listens', parseTarget)
    .option('--tls', 'speak TLS')
    .option('--ca <file>', 'PEM file that issued the certificate of the receiver (implies --tls)')
    .option('--cert <file>', 'PEM file of a certificate to show')
    .option('--key <file>', 'PEM file of its key')
    .option('--timeout <seconds>', 'how long to wait for an acknowledgment', parseSeconds, 30)
    .action(async (paths: string[], options: SendOptions) => {
      const files = await listFiles(paths);
      const print = (from: string, { code, controlId, why }: Answer): void => {
        terminal.out([from, code, controlId, ...(why ? [why] : [])].join('  '));
        if (code !== 'AA' && code !== 'CA' && code !== UNANSWERED) terminal.exitCode = 1;
      };
      const onFurther = (answer: Buffer): void => print('-', describe(readBytes(answer).message));
      const client = await connectMllp({ ...(await clientOptions(options)), onFurther });
      try {
        for (const file of files) await sendFile(client, file, terminal, print);
      } finally {
        await client.close();
      }
    });
};

/** Sends a file of any size message by message, as it is read. */
async function sendFile(
  client: MllpClient,
  file: string,
  terminal: Terminal,
  print: (from: string, answer: Answer) => void,
): Promise<void> {
  const fail = (why: string): void => {
    terminal.err(`${file}: ${why}`);
    terminal.exitCode = 1;
  };
  const count = new BatchCount();
  let messages = 0;
  for await (const part of partsOf(
    file === '-' ? process.stdin : createReadStream(file),
    MAX_MESSAGE_BYTES,
  )) {
    for (const problem of count.take(part)) fail(problem);
    if (part.kind !== 'message') continue;
    messages += 1;
    if (part.cut) {
      fail(`message ${messages} is larger than ${MAX_MESSAGE_BYTES} bytes: not sent`);
      continue;
    }
    print(file, await sendMessage(client, part.bytes));
  }
  for (const problem of count.end()) fail(problem);
  if (messages === 0) fail('holds no message');
}

interface Answer {
  readonly code: string;
  readonly controlId: string;
  readonly why: string;
}

/** In place of MSA-1: nobody waited for it. */
const UNANSWERED = '-';

/** Waits for an answer where the message is sure to get one by its MSH-15 and MSH-16 (HL7 v2.9 §2.9). */
async function sendMessage(client: MllpClient, bytes: Uint8Array): Promise<Answer> {
  const sent = messageIn(bytes);
  const due = sent ? answersDue(sent) : 'always';
  if (due === 'always') return describe(readBytes(await client.send(bytes)).message);
  await client.post(bytes);
  const why = due === 'never' ? 'wants no acknowledgment' : 'may be acknowledged later';
  return { code: UNANSWERED, controlId: sent?.header.value(10) || '-', why };
}

/** What can't be read is the receiver's to refuse. */
function messageIn(bytes: Uint8Array): Message | undefined {
  try {
    return readBytes(bytes).message;
  } catch (error) {
    if (error instanceof Hl7Error) return undefined;
    throw error;
  }
}

/** MSA-1, MSA-2 and, for a refusal, where and why. */
function describe(answer: Message): Answer {
  const acknowledgment = answer.segment('MSA');
  const error = answer.segment('ERR');
  const place = [error?.value(2), error?.value(2, 1, 2), error?.value(2, 1, 3)].filter(Boolean).join('-');
  return {
    code: acknowledgment?.value(1) || '??',
    controlId: acknowledgment?.value(2) || '-',
    why: error ? [place, error.value(3), error.value(8)].filter(Boolean).join(' ') : '',
  };
}

async function listFiles(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (path === '-' || !(await stat(path)).isDirectory()) files.push(path);
    else {
      const names = (await readdir(path)).filter((name) => name.endsWith('.hl7')).sort();
      files.push(...names.map((name) => join(path, name)));
    }
  }
  return files;
}

async function clientOptions(options: SendOptions): Promise<MllpClientOptions> {
  const { ca, cert, key } = options;
  const tls = options.tls || ca !== undefined || cert !== undefined;
  return {
    ...options.to,
    timeoutMs: options.timeout * 1000,
    ...(tls
      ? {
          tls: {
            ...(ca ? { ca: await readFile(ca) } : {}),
            ...(cert ? { cert: await readFile(cert) } : {}),
            ...(key ? { key: await readFile(key) } : {}),
          },
        }
      : {}),
  };
}

function parseTarget(text: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const host = bracketed ?? plain;
  if (host === undefined || !(port >= 1 && port <= 65535)) {
    throw new InvalidArgumentError('expected HOST:PORT, such as 127.0.0.1:2575');
  }
  return { host, port };
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 3600)) throw new InvalidArgumentError('expected seconds, up to 3600');
  return seconds;
}
