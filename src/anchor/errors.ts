// SPDX-License-Identifier: Apache-2.0

export type AnchorErrorCode =
  /** A signing or verifier key that is none. */
  | 'KEY_INVALID'
  /** Not a signed note, checkpoint or proof in the form of its specification. */
  | 'NOTE_MALFORMED'
  | 'CHECKPOINT_MALFORMED'
  | 'PROOF_MALFORMED'
  /** No trusted key has signed. */
  | 'NOT_SIGNED'
  /** A trusted key's signature is there and wrong. */
  | 'SIGNATURE_WRONG'
  /** The log has no such leaf, tile or tree. */
  | 'OUT_OF_RANGE'
  /** What the database holds of the log contradicts itself, or what was signed before. */
  | 'LOG_DAMAGED'
  /** The ledger has a checkpoint that this log doesn't extend: one of the two was rewritten, or an old copy of the log restored. */
  | 'LEDGER_DISAGREES'
  /** The ledger has no checkpoint over the leaf yet. */
  | 'NOT_ANCHORED'
  | 'TIMEOUT'
  | 'CLOSED';

/** What breaks a promise of the log, or claims to be of it and isn't. */
export class AnchorError extends Error {
  override readonly name = 'AnchorError';
  readonly code: AnchorErrorCode;

  constructor(code: AnchorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
