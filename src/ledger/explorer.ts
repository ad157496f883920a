// SPDX-License-Identifier: Apache-2.0

/** Who put a name to something: membership service provider, and the common name of the certificate where there is one. */
export interface Signer {
  readonly mspId: string;
  readonly name?: string;
}

export interface ExploredTransaction {
  readonly id: string;
  readonly blockNumber: bigint;
  /** FHIR instant that the submitter put on it. */
  readonly at: string;
  readonly valid: boolean;
  /** Why it is not valid, in the ledger's own word (`MVCC_READ_CONFLICT`, `ENDORSEMENT_POLICY_FAILURE`, …); `VALID` otherwise. */
  readonly validation: string;
  /** Absent in transactions that call no contract, such as a change of the channel's configuration. */
  readonly call?: { readonly contract: string; readonly name: string; readonly args: readonly string[] };
  readonly submitter: Signer;
  readonly endorsers: readonly Signer[];
  readonly events: readonly { readonly name: string; readonly payload: unknown }[];
}

export interface ExploredBlock {
  readonly number: bigint;
  /** Hashes in hexadecimal. */
  readonly hash: string;
  readonly previousHash: string;
  readonly dataHash: string;
  readonly signers: readonly Signer[];
  readonly transactions: readonly ExploredTransaction[];
}

/** What the peers of one organization say of one block. */
export interface PeerView {
  readonly mspId: string;
  readonly height?: bigint;
  /** Of the newest block that all who answered have, in hexadecimal. */
  readonly blockHash?: string;
  /** Code of what kept them from answering. */
  readonly problem?: string;
}

export interface Agreement {
  /** The newest block that all who answered have; absent when nobody answered. */
  readonly blockNumber?: bigint;
  /** Everybody who answered has the same hash for it. */
  readonly agreed: boolean;
  readonly peers: readonly PeerView[];
}

/** Looking at a channel's blocks, for auditors. Numbers and hashes as the ledger has them; nothing private is in a block. */
export interface LedgerExplorer {
  height(): Promise<bigint>;
  block(number: bigint): Promise<ExploredBlock | undefined>;
  transaction(id: string): Promise<ExploredTransaction | undefined>;
  agreement(): Promise<Agreement>;
}
