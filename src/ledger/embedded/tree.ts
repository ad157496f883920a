// SPDX-License-Identifier: Apache-2.0
import { hashLeaf, hashNode } from '@mooring/chaincode/merkle';

/** One step from a transaction up to the block's data hash: the neighbour's hash, and the side on which it stands. */
export interface PathStep {
  readonly side: 'left' | 'right';
  readonly hash: Uint8Array;
}

export function leafHash(transaction: string): Uint8Array {
  return hashLeaf(Buffer.from(transaction, 'utf8'));
}

/** RFC 6962 §2.1 tree hash of a block's transactions, of which there is at least one. */
export function treeHash(hashes: readonly Uint8Array[]): Uint8Array {
  const [only] = hashes;
  if (only && hashes.length === 1) return only;
  const split = splitAt(hashes.length);
  return hashNode(treeHash(hashes.slice(0, split)), treeHash(hashes.slice(split)));
}

/** The way from one transaction to the tree hash, from the bottom up. */
export function pathTo(hashes: readonly Uint8Array[], index: number): PathStep[] {
  if (hashes.length === 1) return [];
  const split = splitAt(hashes.length);
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)];
  return index < split
    ? [...pathTo(left, index), { side: 'right', hash: treeHash(right) }]
    : [...pathTo(right, index - split), { side: 'left', hash: treeHash(left) }];
}

/** The largest power of two below `count`. */
function splitAt(count: number): number {
  return 2 ** (Math.ceil(Math.log2(count)) - 1);
}
