// SPDX-License-Identifier: Apache-2.0

export type InboxErrorCode =
  /** Nothing could be made durable now: the sender should send again. */
  | 'UNAVAILABLE'
  /** Too much waits to be made durable: the sender should send again later. */
  | 'BUSY'
  | 'CLOSED'
  /** What was sealed no longer opens. */
  | 'CONTENT_DAMAGED'
  | 'NOT_FOUND'
  /** Only a dead letter can be replayed. */
  | 'NOT_DEAD'
  /** This dead letter has a replay already; the newest in the chain is the one to replay. */
  | 'ALREADY_REPLAYED'
  /** The message given for a replay can't be read or converted. */
  | 'REPLAY_REFUSED';

export class InboxError extends Error {
  override readonly name = 'InboxError';
  readonly code: InboxErrorCode;

  constructor(code: InboxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
