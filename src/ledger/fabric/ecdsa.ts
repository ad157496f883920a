// SPDX-License-Identifier: Apache-2.0

/** SEC 2 §2.4.2: half of the order of P-256. */
const HALF_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n >> 1n;
const SEQUENCE = 0x30;
const INTEGER = 0x02;

/** Is it `SEQUENCE { r INTEGER, s INTEGER }` in DER with s in the lower half? Of every signature there is a twin with the other s. */
export function isLowS(signature: Uint8Array): boolean {
  const bytes = Buffer.from(signature);
  // Two numbers of at most 33 bytes and their heads: every length is one byte.
  if (bytes.length > 72 || bytes[0] !== SEQUENCE || bytes[1] !== bytes.length - 2) return false;
  const r = readInteger(bytes, 2);
  const s = r && readInteger(bytes, r.end);
  return s !== undefined && s.end === bytes.length && s.value <= HALF_ORDER;
}

/** X.690 §8.3: positive, and in as few bytes as possible. */
function readInteger(bytes: Buffer, at: number): { value: bigint; end: number } | undefined {
  const length = bytes[at + 1] ?? 0;
  const content = bytes.subarray(at + 2, at + 2 + length);
  if (bytes[at] !== INTEGER || content.length !== length || length === 0) return undefined;
  const [first = 0, second = 0] = content;
  if (first >= 0x80 || (first === 0 && length > 1 && second < 0x80)) return undefined;
  return { value: BigInt(`0x${content.toString('hex')}`), end: at + 2 + length };
}
