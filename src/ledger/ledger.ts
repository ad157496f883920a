// SPDX-License-Identifier: Apache-2.0
import type { ContractErrorCode } from '@mooring/chaincode/errors';

export type ContractName = 'participants' | 'records' | 'consents' | 'access';

/** One call of the contract. `transient` carries what must not be in the block (terms of a consent, details of an access). */
export interface Transaction {
  readonly contract: ContractName;
  readonly name: string;
  readonly args: readonly string[];
  readonly transient?: Readonly<Record<string, Uint8Array>>;
}

export interface CommittedTransaction {
  readonly transactionId: string;
  readonly blockNumber: bigint;
  /** What the contract returned: UTF-8 JSON, or empty. */
  readonly result: Uint8Array;
}

export interface LedgerEvent {
  readonly transactionId: string;
  readonly name: string;
  /** UTF-8 JSON as the contract emitted it. */
  readonly payload: Uint8Array;
}

/** A block as a follower sees it: what the contract said in its valid transactions, in their order. */
export interface LedgerBlock {
  readonly number: bigint;
  readonly events: readonly LedgerEvent[];
}

/** What proves to an outsider that a transaction was committed; the adapter names the kind and knows how to check it. */
export interface LedgerEvidence {
  readonly kind: 'embedded' | 'fabric';
  readonly [field: string]: unknown;
}

/** Where participants, checkpoints, consents and tickets are agreed on. Everything returned has been committed. */
export interface Ledger {
  /** Resolves after the commit, or throws LedgerError; an error of the contract comes back with the contract's own code. */
  submit(transaction: Transaction): Promise<CommittedTransaction>;
  /** Runs the contract without committing anything. */
  evaluate(transaction: Transaction): Promise<Uint8Array>;
  /** Every block from `from` on, also those without events, in order, exactly once, until the signal. */
  follow(from: bigint, signal: AbortSignal): AsyncIterable<LedgerBlock>;
  evidence(transactionId: string): Promise<LedgerEvidence>;
  /** How many blocks there are: a follower that has all of them knows everything as of now. */
  height(): Promise<bigint>;
}

/** The contract's own refusals, and what can go wrong around it. */
export type LedgerErrorCode =
  | ContractErrorCode
  | 'CONTRACT_FAILED'
  | 'MVCC_CONFLICT'
  | 'TOO_LARGE'
  | 'COMMIT_FAILED'
  | 'UNAVAILABLE'
  | 'TRANSACTION_NOT_FOUND'
  /** Blocks that were there before are others now, or are gone. */
  | 'LEDGER_REPLACED'
  | 'LEDGER_BEHIND'
  | 'CLOSED';

export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: LedgerErrorCode;

  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
