// SPDX-License-Identifier: Apache-2.0

/** What a secret is for. Each purpose has its own, so that none can stand in for another. */
export type SecretPurpose =
  | 'blind-index'
  | 'pseudonym'
  | 'resource-id'
  | 'access-token'
  | 'log-signing'
  | 'ledger-identity'
  | 'projection';

/** The organization's key-encryption key, which never leaves here. Fits a file, a KMS or an HSM. */
export interface Keyring {
  /** Wraps a 32-byte key; `context` is bound to it and must be given again to unwrap. */
  wrap(key: Uint8Array, context: string): Promise<Uint8Array>;
  /** Throws KeyError('UNWRAP_FAILED') when the wrapped key or the context was changed. */
  unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array>;
  /** The organization's 32-byte secret for a purpose, made when first asked for and the same ever after. */
  secret(purpose: SecretPurpose): Promise<Uint8Array>;
}
