// SPDX-License-Identifier: Apache-2.0
import { type Part, Splitter } from './splitter.ts';

export type { BatchSegment, Part } from './splitter.ts';

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * The parts of a stream, each as soon as the next begins: one part and one piece of the stream are held at a time. Of a part that is
 * larger than `maxPartBytes` only its beginning.
 */
export async function* partsOf(stream: Bytes, maxPartBytes?: number): AsyncGenerator<Part, void, undefined> {
  const splitter = new Splitter(maxPartBytes);
  for await (const chunk of stream) yield* splitter.push(chunk);
  yield* splitter.end();
}

/**
 * The messages of a stream: separated by their MSH, with or without the batch segments of HL7 v2 §2.10.3 and MLLP's frame
 * characters around them. What is no message is returned too, to be refused by name.
 */
export async function* messagesOf(stream: Bytes): AsyncGenerator<Buffer, void, undefined> {
  for await (const part of partsOf(stream)) if (part.kind === 'message') yield part.bytes;
}

/** The parts of a body that is in memory. */
export function splitParts(bytes: Uint8Array): Part[] {
  const splitter = new Splitter();
  return [...splitter.push(bytes), ...splitter.end()];
}

/** The messages of a body that is in memory, as `messagesOf` has them. */
export function splitMessages(bytes: Uint8Array): Buffer[] {
  return splitParts(bytes).flatMap((part) => (part.kind === 'message' ? [part.bytes] : []));
}

/**
 * Whether parts are more than one message: several, or a batch, though it hold one or none. What begins with neither a message nor a
 * batch is one message, to be refused as a whole. While more may come a message that is complete is one of several.
 */
export function isSeveral(parts: readonly Part[], moreComes = false): boolean {
  const [first] = parts;
  if (first === undefined) return false;
  if (first.kind !== 'message') return true;
  return first.headed && (moreComes || parts.length > 1);
}
