// SPDX-License-Identifier: Apache-2.0

export type StoreErrorCode =
  /** What is stored is not what was sealed there: changed bytes, another record's, or the wrong key. */
  | 'CONTENT_DAMAGED'
  /** The key that sealed the content is gone: it was destroyed, or the database is incomplete. */
  | 'KEY_MISSING'
  /** The unit settles a message that the inbox doesn't have. */
  | 'INBOX_UNKNOWN'
  | 'CLOSED';

/** What breaks a promise of the store. What a client can expect is a FhirError instead. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
