// SPDX-License-Identifier: Apache-2.0

export interface InboxLimits {
  /** Messages processed side by side: enough for the store to commit many in one transaction. */
  readonly maxRunning: number;
  /** The same while messages are being received and few wait: senders shouldn't wait behind long transactions. */
  readonly minRunning: number;
  /** Messages that memory knows to be waiting; the rest wait in the table only. */
  readonly maxWaiting: number;
  /** Conversions kept from arrival to processing; the others are made again from the table. */
  readonly maxConversions: number;
  /** Identifiers remembered to name one patient. */
  readonly maxKin: number;
  /** Messages written in one transaction. */
  readonly maxBatch: number;
  readonly maxBatchBytes: number;
  /** Messages that wait to be written; beyond it senders are told to come again. */
  readonly maxPendingBytes: number;
  /** Tries before a message that fails for reasons that may pass becomes a dead letter. */
  readonly maxAttempts: number;
  readonly retryMs: number;
  readonly maxRetryMs: number;
  /** How often messages that another instance left behind are looked for. */
  readonly sweepMs: number;
  /** How often the counts of unknown codes are written, if there are any: never with a message. */
  readonly codesMs: number;
  /** Different unknown codes that are kept: of more, the ones that came most often and last. */
  readonly maxCodes: number;
}

export const DEFAULT_LIMITS: InboxLimits = {
  maxRunning: 64,
  minRunning: 16,
  maxWaiting: 10_000,
  maxConversions: 2_000,
  maxKin: 200_000,
  maxBatch: 200,
  maxBatchBytes: 8 * 1024 * 1024,
  maxPendingBytes: 64 * 1024 * 1024,
  maxAttempts: 10,
  retryMs: 50,
  maxRetryMs: 30_000,
  sweepMs: 30_000,
  codesMs: 10_000,
  maxCodes: 10_000,
};
