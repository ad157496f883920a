// SPDX-License-Identifier: Apache-2.0

export type DatabaseErrorCode =
  /** Another living process has the folder open. */
  | 'IN_USE'
  /** A record that had been synced is unreadable, or one is missing: what was acknowledged can't be rebuilt. */
  | 'JOURNAL_DAMAGED'
  /** The journal couldn't be written. Nothing is acknowledged any more; start again when the disk is well. */
  | 'JOURNAL_FAILED'
  /** The folder was in use before, but holds no snapshot to start from. */
  | 'SNAPSHOT_MISSING'
  /** A writing statement whose effect would differ when the journal is replayed. */
  | 'VOLATILE_STATEMENT'
  | 'SCHEMA_NAME_INVALID'
  | 'CLOSED';

export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: DatabaseErrorCode;

  constructor(code: DatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
