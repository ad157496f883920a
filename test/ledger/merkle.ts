// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const split = (count: number) => 2 ** (Math.ceil(Math.log2(count)) - 1);

/** RFC 6962 §2.1 by the letter of the standard, for tests: MTH(D[n]). */
export function rootOf(leaves: readonly string[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), Buffer.from(leaves[0] ?? ''));
  const k = split(leaves.length);
  return sha256(Buffer.of(1), rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

/** RFC 6962 §2.1.2: PROOF(m, D[n]). */
export function consistencyProof(size: number, leaves: readonly string[]): Buffer[] {
  return subProof(size, leaves, true);
}

function subProof(m: number, leaves: readonly string[], whole: boolean): Buffer[] {
  if (m === leaves.length) return whole ? [] : [rootOf(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...subProof(m, leaves.slice(0, k), whole), rootOf(leaves.slice(k))]
    : [...subProof(m - k, leaves.slice(k), false), rootOf(leaves.slice(0, k))];
}
