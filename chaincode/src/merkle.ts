// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

export type MerkleErrorCode = 'BAD_INDEX' | 'BAD_SIZE' | 'BAD_HASH' | 'BAD_PROOF_LENGTH' | 'ROOT_MISMATCH';

/** A proof that proves nothing. All its inputs may come from an adversary. */
export class MerkleError extends Error {
  override readonly name = 'MerkleError';
  readonly code: MerkleErrorCode;

  constructor(code: MerkleErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const HASH_BYTES = 32;

// RFC 6962 §2.1: leaf and node hashes are told apart by a prefix, else a node could be passed off as a leaf.
export function hashLeaf(leaf: Uint8Array): Uint8Array {
  return createHash('sha256').update(Uint8Array.of(0)).update(leaf).digest();
}

export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  return createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest();
}

/** RFC 9162 §2.1.3.2: the leaf is at this index of the tree with this size and root. Throws MerkleError when it isn't shown. */
export function verifyInclusion(
  index: bigint,
  size: bigint,
  leafHash: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): void {
  if (index < 0n || index >= size)
    throw new MerkleError('BAD_INDEX', `index ${index} is not in a tree of ${size}`);
  assertHashes([leafHash, root, ...proof]);
  let [node, last] = [index, size - 1n];
  let hash = leafHash;
  for (const step of proof) {
    if (last === 0n) throw new MerkleError('BAD_PROOF_LENGTH', 'the inclusion proof is too long');
    if (isOdd(node) || node === last) {
      hash = hashNode(step, hash);
      while (!isOdd(node) && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else hash = hashNode(hash, step);
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new MerkleError('BAD_PROOF_LENGTH', 'the inclusion proof is too short');
  assertRoot(hash, root);
}

/** RFC 9162 §2.1.4.2: the second tree begins with all leaves of the first. Throws MerkleError when it isn't shown. */
export function verifyConsistency(
  size1: bigint,
  root1: Uint8Array,
  size2: bigint,
  root2: Uint8Array,
  proof: readonly Uint8Array[],
): void {
  assertHashes([root1, root2, ...proof]);
  if (size1 < 1n || size2 < size1)
    throw new MerkleError('BAD_SIZE', `${size1} to ${size2} is no growth of a log`);
  if (size1 === size2) {
    if (proof.length > 0) throw new MerkleError('BAD_PROOF_LENGTH', 'equal trees need no proof');
    assertRoot(root1, root2);
    return;
  }
  // The first hash of the proof is left out when it would be the first root itself: a complete tree.
  const steps = isPowerOfTwo(size1) ? [root1, ...proof] : [...proof];
  let [node, last] = [size1 - 1n, size2 - 1n];
  while (isOdd(node)) [node, last] = [node >> 1n, last >> 1n];
  const first = steps.shift();
  if (!first) throw new MerkleError('BAD_PROOF_LENGTH', 'the consistency proof is too short');
  let [hash1, hash2] = [first, first];
  for (const step of steps) {
    if (last === 0n) throw new MerkleError('BAD_PROOF_LENGTH', 'the consistency proof is too long');
    if (isOdd(node) || node === last) {
      hash1 = hashNode(step, hash1);
      hash2 = hashNode(step, hash2);
      while (!isOdd(node) && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else hash2 = hashNode(hash2, step);
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new MerkleError('BAD_PROOF_LENGTH', 'the consistency proof is too short');
  assertRoot(hash1, root1);
  assertRoot(hash2, root2);
}

function isOdd(number: bigint): boolean {
  return (number & 1n) === 1n;
}

function isPowerOfTwo(number: bigint): boolean {
  return (number & (number - 1n)) === 0n;
}

function assertHashes(hashes: readonly Uint8Array[]): void {
  if (hashes.some((hash) => hash.length !== HASH_BYTES))
    throw new MerkleError('BAD_HASH', `a hash is not ${HASH_BYTES} bytes`);
}

function assertRoot(computed: Uint8Array, expected: Uint8Array): void {
  if (!Buffer.from(computed).equals(expected))
    throw new MerkleError('ROOT_MISMATCH', 'the proof leads to another root');
}
