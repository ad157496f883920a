// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { FhirError } from '../fhir/outcome.ts';
import { isSeveral, type Part } from './hl7/batch.ts';
import { Splitter } from './hl7/splitter.ts';

/** What a request brings: a message as it was sent, or several that are still coming in. */
export type Body =
  | { readonly kind: 'one'; readonly bytes: Buffer }
  | { readonly kind: 'several'; readonly parts: AsyncIterable<Part> };

/**
 * Reads a body up to its end, or up to where it shows that it holds several messages: the size of a message is limited, that of a body
 * of many is not, for it is never held. Throws FhirError 413 when the message is larger, 400 when the body is empty or breaks off.
 */
export async function readBody(request: Readable, maxMessageBytes: number): Promise<Body> {
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  const splitter = new Splitter(maxMessageBytes);
  const held: Buffer[] = [];
  const begun: Part[] = [];
  let heldBytes = 0;
  for (;;) {
    const { value: chunk, done } = await chunks.next().catch(brokenOff);
    const parts = done ? splitter.end() : splitter.push(chunk);
    begun.push(...parts);
    if (isSeveral(begun, !done))
      return { kind: 'several', parts: followed(begun, splitter, done ? undefined : chunks) };
    if (done) break;
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes > maxMessageBytes) {
      request.resume(); // read and thrown away, so that the sender gets to see the answer
      throw FhirError.of(413, 'too-long', 'the message is too large');
    }
  }
  if (heldBytes === 0)
    throw FhirError.of(400, 'required', 'the body is empty: it must hold an HL7 v2 message');
  return { kind: 'one', bytes: Buffer.concat(held) };
}

async function* followed(
  begun: readonly Part[],
  splitter: Splitter,
  chunks: AsyncIterator<Buffer> | undefined,
): AsyncGenerator<Part, void, undefined> {
  yield* begun;
  if (!chunks) return;
  for (;;) {
    const next = await chunks.next().catch(() => undefined);
    // The sender is gone: what it had not sent to the end is not taken, and nobody waits for the rest of the answer.
    if (!next) return;
    yield* next.done ? splitter.end() : splitter.push(next.value);
    if (next.done) return;
  }
}

function brokenOff(): never {
  throw FhirError.of(400, 'invalid', 'the body could not be read');
}

/**
 * Answers that the sender hasn't read yet. Many senders read nothing before they have sent everything: were the rest of the request to
 * wait for them sooner, both sides would wait for ever.
 */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024;

/** Writes a piece of an answer, and waits while too much is unread. False when nobody is there any more. */
export async function writeAnswer(response: Writable, piece: Buffer): Promise<boolean> {
  if (response.destroyed) return false;
  response.write(piece);
  if (response.writableLength <= MAX_UNREAD_BYTES) return true;
  const stop = new AbortController();
  const gone = once(response, 'close', { signal: stop.signal });
  await Promise.race([once(response, 'drain', { signal: stop.signal }), gone]).catch(() => undefined);
  gone.catch(() => undefined);
  stop.abort();
  return !response.destroyed;
}
