// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** What a block's signature covers: its number, the hash of the header before it, and the tree hash of its transactions. */
export interface BlockHeader {
  readonly number: bigint;
  readonly previousHash: Uint8Array;
  readonly dataHash: Uint8Array;
}

/** Hash before the first block. */
export const GENESIS_HASH: Uint8Array = new Uint8Array(32);

/** Lines of text, so that anyone can rebuild and hash them with everyday tools. */
export function headerBytes({ number, previousHash, dataHash }: BlockHeader): Buffer {
  return Buffer.from(`mooring block v1\n${number}\n${base64(previousHash)}\n${base64(dataHash)}\n`, 'utf8');
}

export function headerHash(header: BlockHeader): Buffer {
  return createHash('sha256').update(headerBytes(header)).digest();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
