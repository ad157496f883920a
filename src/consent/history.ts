// SPDX-License-Identifier: Apache-2.0
import type { ConsentRecord } from '@mooring/chaincode/consentState';

/** A checkpoint of some organization's log, as the ledger committed it. */
export interface CheckpointView {
  readonly origin: string;
  readonly size: bigint;
  /** Base64. */
  readonly root: string;
  readonly transactionId: string;
  readonly blockNumber: bigint;
  /** FHIR instant that the submitter put on the transaction. */
  readonly at: string;
}

export interface CheckpointQuery {
  /** With it: the checkpoints of this log, the largest first. Without: the largest one of each log, in the order of their names. */
  readonly origin?: string;
  /** Only those of a smaller size: what the next page begins with. */
  readonly before?: bigint;
  readonly count: number;
}

/** The checkpoints of one channel, of all organizations on it. */
export interface CheckpointHistory {
  checkpoints(query: CheckpointQuery): Promise<readonly CheckpointView[]>;
}

/** One version of a consent as everybody on the channel sees it: pseudonyms and a salted hash, never terms. */
export type ConsentVersionView = ConsentRecord;

/** What happened to a consent that is known here. Both ask the ledger; `undefined`: no such consent is known. */
export interface ConsentHistory {
  /** Every version, oldest first. `consentId` is the logical id of the Consent resource. */
  history(consentId: string): Promise<readonly ConsentVersionView[] | undefined>;
  /** The version that held at that time (FHIR dateTime); `undefined` also when there was none yet. */
  asOf(consentId: string, time: string): Promise<ConsentVersionView | undefined>;
}
