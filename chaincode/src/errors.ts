// SPDX-License-Identifier: Apache-2.0

/** Everything a transaction can be refused for. */
export const CONTRACT_ERROR_CODES = [
  'ARGUMENT_INVALID',
  'TRANSACTION_UNKNOWN',
  'NOT_AUTHORIZED',
  'PARTICIPANT_UNKNOWN',
  'PARTICIPANT_EXISTS',
  'PARTICIPANT_DUPLICATE',
  'PARTICIPANT_SUSPENDED',
  'KEY_INVALID',
  'KEY_MISSING',
  'ORIGIN_FOREIGN',
  'HOLDER_DUPLICATE',
  'CHECKPOINT_DUPLICATE',
  'CHECKPOINT_SMALLER',
  'CHECKPOINT_NOT_CONSISTENT',
  'TERMS_INVALID',
  'SIGNATURE_INVALID',
  'SIGNATURE_REQUIRED',
  'CONSENT_DUPLICATE',
  'CONSENT_CONFLICT',
  'CONSENT_GAP',
  'CONSENT_ENDED',
  'CONSENT_UNKNOWN',
  'TICKET_UNKNOWN',
  'TICKET_CLOSED',
] as const;

export type ContractErrorCode = (typeof CONTRACT_ERROR_CODES)[number];

/**
 * A refusal by the contract. Fabric hands clients nothing of an error but its message, so the code travels in it:
 * `CODE: text`. The text names ids, positions and sizes, never terms.
 */
export class ContractError extends Error {
  override readonly name = 'ContractError';
  readonly code: ContractErrorCode;

  constructor(code: ContractErrorCode, text: string, options?: ErrorOptions) {
    super(`${code}: ${text}`, options);
    this.code = code;
  }
}

const PATTERN = new RegExp(`\\b(${CONTRACT_ERROR_CODES.join('|')}): (.*)`);

/** Finds the contract's refusal in whatever a peer or gateway wrapped around it; `undefined`: it was something else. */
export function parseContractError(message: string): ContractError | undefined {
  const found = PATTERN.exec(message);
  return found ? new ContractError(found[1] as ContractErrorCode, found[2] ?? '') : undefined;
}
