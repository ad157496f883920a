// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { buildAck } from './ack.ts';
import { echoField, printText } from './build.ts';
import type { BatchSegment, Part } from './hl7/batch.ts';
import { BatchCount } from './hl7/batch-count.ts';
import { readDelimiters } from './hl7/delimiters.ts';
import { Hl7Error } from './hl7/errors.ts';
import { dialectOf, Segment } from './hl7/segment.ts';

export interface BatchAnswerOptions {
  /** Takes a message and gives its acknowledgment, or none when none is wanted. */
  readonly acknowledge: (bytes: Buffer) => Promise<Buffer | undefined>;
  readonly now: () => number;
}

/** Messages of one batch in work at a time: they share transactions, and their answers wait for each other. */
const MAX_IN_WORK = 32;
const MAX_BYTES_IN_WORK = 16 * 1024 * 1024;

/**
 * The answer to several messages in one body (HL7 v2 §2.10.3): an acknowledgment for each, in their order, in the same file and
 * batch segments that they came in. Each piece comes when the messages up to there are durable. What the trailers of the request
 * get wrong stands in the comments of those of the answer.
 */
export async function* answerBatch(
  parts: AsyncIterable<Part> | Iterable<Part>,
  options: BatchAnswerOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const form = new AnswerForm(options.now);
  const inWork: { part: Part; bytes: number; answer: Promise<Buffer | undefined> }[] = [];
  let bytesInWork = 0;
  const next = async (): Promise<Buffer[]> => {
    const { part, bytes, answer } = inWork.shift()!;
    bytesInWork -= bytes;
    return form.take(part, await answer);
  };
  for await (const part of parts) {
    const answer = part.kind === 'message' ? answerOne(part, options) : Promise.resolve(undefined);
    answer.catch(() => undefined); // it is looked at in its turn
    const bytes = part.kind === 'message' ? part.bytes.length : part.text.length;
    inWork.push({ part, bytes, answer });
    bytesInWork += bytes;
    while (inWork.length >= MAX_IN_WORK || (bytesInWork > MAX_BYTES_IN_WORK && inWork.length > 0)) {
      yield* await next();
    }
  }
  while (inWork.length > 0) yield* await next();
  yield* form.end();
}

function answerOne(
  part: Extract<Part, { kind: 'message' }>,
  { acknowledge, now }: BatchAnswerOptions,
): Promise<Buffer | undefined> {
  if (!part.cut) return acknowledge(part.bytes);
  const error = new Hl7Error('207', 'the message is larger than messages may be here');
  return Promise.resolve(buildAck(part.bytes, 'AR', { errors: [error], now }));
}

/** Puts acknowledgments into file and batch segments like those of the request. */
class AnswerForm {
  readonly #now: () => number;
  readonly #count = new BatchCount();
  #problems: string[] = [];
  #inFile = false;
  #inBatch = false;
  #answers = 0;
  #batches = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  take(part: Part, answer: Buffer | undefined): Buffer[] {
    this.#problems.push(...this.#count.take(part));
    switch (part.kind) {
      case 'message':
        if (answer) this.#answers += 1;
        return answer ? [answer] : [];
      case 'FHS': {
        const ended = this.#endFile();
        this.#inFile = true;
        return [...ended, this.#header(part.kind, part.text)];
      }
      case 'BHS': {
        const ended = this.#endBatch();
        this.#inBatch = true;
        this.#batches += 1;
        this.#answers = 0;
        return [...ended, this.#header(part.kind, part.text)];
      }
      case 'BTS':
        return this.#endBatch();
      case 'FTS':
        return this.#endFile();
      default:
        part satisfies never;
        return [];
    }
  }

  end(): Buffer[] {
    this.#problems.push(...this.#count.end());
    return this.#endFile();
  }

  #endBatch(): Buffer[] {
    if (!this.#inBatch) return [];
    this.#inBatch = false;
    return [this.#trailer('BTS', this.#answers)];
  }

  #endFile(): Buffer[] {
    const ended = this.#endBatch();
    if (this.#inFile) ended.push(this.#trailer('FTS', this.#batches));
    this.#inFile = false;
    this.#batches = 0;
    return ended;
  }

  /** FHS and BHS have the same fields: 3 to 6 sender and receiver, 7 time, 9 name, 11 control id, 12 that of the request. */
  #header(name: BatchSegment, request: string): Buffer {
    const segment = segmentOf(request);
    const echo = (field: number) => (segment ? echoField(segment, field) : '');
    const time = new Date(this.#now()).toISOString().replace(/\D/g, '').slice(0, 14);
    const parties = [echo(5) || 'MOORING', echo(6), echo(3), echo(4)];
    const control = randomBytes(10).toString('hex');
    return lineOf(name, '^~\\&', ...parties, `${time}+0000`, '', echo(9), '', control, echo(11));
  }

  #trailer(name: BatchSegment, count: number): Buffer {
    const problems = this.#problems.splice(0);
    return lineOf(name, String(count), printText(problems.join('; ')));
  }
}

function lineOf(...fields: string[]): Buffer {
  return Buffer.from(`${fields.join('|').replace(/\|+$/, '')}\r`);
}

/** A batch header as far as it can be read. */
function segmentOf(text: string): Segment | undefined {
  const line = text.split(/[\r\n]/, 1)[0]!;
  try {
    const delimiters = readDelimiters(line);
    const [name = '', ...fields] = line.split(delimiters.field);
    return new Segment([name, delimiters.field, ...fields], 0, 1, dialectOf(delimiters, 'utf-8'));
  } catch (error) {
    if (error instanceof Hl7Error) return undefined;
    throw error;
  }
}
