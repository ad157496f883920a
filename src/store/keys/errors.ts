// SPDX-License-Identifier: Apache-2.0

export type KeyErrorCode =
  /** The wrapped key or its context was changed, or another keyring wrapped it. */
  | 'UNWRAP_FAILED'
  /** The keyring's file is unreadable or incomplete. */
  | 'KEYRING_DAMAGED';

export class KeyError extends Error {
  override readonly name = 'KeyError';
  readonly code: KeyErrorCode;

  constructor(code: KeyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
