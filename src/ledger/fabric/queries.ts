// SPDX-License-Identifier: Apache-2.0
import type { Transaction } from '../ledger.ts';

/** What a peer says of its copy of the channel (qscc GetChainInfo). */
export interface ChainInfo {
  readonly height: bigint;
  readonly currentBlockHash: Uint8Array;
}

/** The questions to peers that blocks, evidence and the explorer are made from. Blocks come as the bytes of a `common.Block`. */
export interface FabricQueries {
  /** With `mspId`, as the peers of that organization have it. `undefined`: there is no such block. */
  block(number: bigint, mspId?: string): Promise<Uint8Array | undefined>;
  blockOf(transactionId: string): Promise<Uint8Array | undefined>;
  chainInfo(mspId?: string): Promise<ChainInfo>;
  /** The contract's answer to a query, endorsed as a transaction would be and never submitted: the bytes of a `common.Envelope`. */
  endorsed(query: Transaction): Promise<Uint8Array>;
}
