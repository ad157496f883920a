// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { hashLeaf, hashNode } from '@mooring/chaincode/merkle';

/** A complete subtree: 2^level leaves, from `index` × 2^level on. */
export interface NodeId {
  readonly level: number;
  readonly index: number;
}

/** The subtrees whose roots, folded, give one hash of a proof; in the order of their leaves. */
export type ProofStep = readonly NodeId[];

/** RFC 6962 §2.1: the hash of a list of leaves' data. */
export function treeHashOfData(leaves: readonly Uint8Array[]): Uint8Array {
  return treeHash(leaves.map(hashLeaf));
}

/** The same, of leaves that are hashed already. */
export function treeHash(leafHashes: readonly Uint8Array[]): Uint8Array {
  if (leafHashes.length === 0) return EMPTY_ROOT;
  let row: readonly Uint8Array[] = leafHashes;
  // Hashing pair by pair and carrying a lone last one up gives the tree of the RFC, whose left half is the larger one.
  while (row.length > 1) row = parents(row);
  return row[0] as Uint8Array;
}

/** RFC 6962 §2.1: the hash of an empty list is the hash of an empty string. */
export const EMPTY_ROOT: Uint8Array = createHash('sha256').digest();

/** The complete subtrees that leaves `begin` to `end` consist of, largest first; `begin` must be where a subtree of that size may begin. */
export function subtrees(begin: number, end: number): NodeId[] {
  const found: NodeId[] = [];
  for (let at = begin; at < end; ) {
    const level = Math.floor(Math.log2(end - at));
    found.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return found;
}

/** The hash over subtrees that follow each other, each smaller than the one before it. */
export function foldRight(hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.length === 0 ? EMPTY_ROOT : hashes.reduceRight((right, left) => hashNode(left, right));
}

/** RFC 6962 §2.1.1: what the audit path of a leaf consists of, from its sibling up. */
export function inclusionSteps(index: number, size: number): ProofStep[] {
  const steps: ProofStep[] = [];
  let [begin, end] = [0, size];
  while (end - begin > 1) {
    const middle = begin + largestPowerBelow(end - begin);
    if (index < middle) {
      steps.push(subtrees(middle, end));
      end = middle;
    } else {
      steps.push(subtrees(begin, middle));
      begin = middle;
    }
  }
  return steps.reverse();
}

/** RFC 6962 §2.1.2: what the consistency proof between two sizes consists of. */
export function consistencySteps(size1: number, size2: number): ProofStep[] {
  if (size1 === 0 || size1 === size2) return [];
  const steps: ProofStep[] = [];
  let [begin, end] = [0, size2];
  // `end` equals `size1` once the rest of the first tree is a subtree of the second.
  while (end !== size1) {
    const middle = begin + largestPowerBelow(end - begin);
    if (size1 <= middle) {
      steps.push(subtrees(middle, end));
      end = middle;
    } else {
      steps.push(subtrees(begin, middle));
      begin = middle;
    }
  }
  // The whole first tree is known to whoever asks.
  if (begin > 0) steps.push(subtrees(begin, end));
  return steps.reverse();
}

function largestPowerBelow(count: number): number {
  return 2 ** Math.floor(Math.log2(count - 1));
}

function parents(row: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let at = 0; at < row.length; at += 2) {
    const [left, right] = [row[at] as Uint8Array, row[at + 1]];
    above.push(right ? hashNode(left, right) : left);
  }
  return above;
}
