// SPDX-License-Identifier: Apache-2.0
import type { LedgerEvidence } from '../ledger.ts';
import type { BlockRow } from './chain.ts';
import { leafHash, pathTo } from './tree.ts';

/** Everything an outsider needs besides the ledger's public key: JSON, hashes and signature in base64. */
export interface EmbeddedEvidence extends LedgerEvidence {
  readonly kind: 'embedded';
  readonly blockNumber: string;
  readonly previousHash: string;
  readonly dataHash: string;
  /** Ed25519 over the block's header. */
  readonly signature: string;
  /** The transaction's text as it stands in the block. */
  readonly transaction: string;
  /** From the transaction up to the data hash. */
  readonly path: readonly { readonly side: 'left' | 'right'; readonly hash: string }[];
}

export function makeEvidence(block: BlockRow, position: number): EmbeddedEvidence {
  return {
    kind: 'embedded',
    blockNumber: block.number.toString(),
    previousHash: base64(block.previousHash),
    dataHash: base64(block.dataHash),
    signature: base64(block.signature),
    transaction: block.texts[position] ?? '',
    path: pathTo(block.texts.map(leafHash), position).map(({ side, hash }) => ({ side, hash: base64(hash) })),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
