// SPDX-License-Identifier: Apache-2.0

/** RFC 4648 §4. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** Only the one right spelling, so that equal bytes are equal text; `undefined` for anything else or, when asked for, another length. */
export function fromBase64(text: unknown, lengthBytes?: number): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) return undefined;
  return lengthBytes === undefined || bytes.length === lengthBytes ? bytes : undefined;
}
