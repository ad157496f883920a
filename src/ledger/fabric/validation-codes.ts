// SPDX-License-Identifier: Apache-2.0

/** Fabric's `TxValidationCode` (peer/transaction.proto), in the order of their numbers from 0. */
const NAMES = [
  'VALID',
  'NIL_ENVELOPE',
  'BAD_PAYLOAD',
  'BAD_COMMON_HEADER',
  'BAD_CREATOR_SIGNATURE',
  'INVALID_ENDORSER_TRANSACTION',
  'INVALID_CONFIG_TRANSACTION',
  'UNSUPPORTED_TX_PAYLOAD',
  'BAD_PROPOSAL_TXID',
  'DUPLICATE_TXID',
  'ENDORSEMENT_POLICY_FAILURE',
  'MVCC_READ_CONFLICT',
  'PHANTOM_READ_CONFLICT',
  'UNKNOWN_TX_TYPE',
  'TARGET_CHAIN_NOT_FOUND',
  'MARSHAL_TX_ERROR',
  'NIL_TXACTION',
  'EXPIRED_CHAINCODE',
  'CHAINCODE_VERSION_CONFLICT',
  'BAD_HEADER_EXTENSION',
  'BAD_CHANNEL_HEADER',
  'BAD_RESPONSE_PAYLOAD',
  'BAD_RWSET',
  'ILLEGAL_WRITESET',
  'INVALID_WRITESET',
  'INVALID_CHAINCODE',
];

/** `undefined`: the peer noted none. */
export function validationName(code: number | undefined): string {
  if (code === undefined || code === 254) return 'NOT_VALIDATED';
  return NAMES[code] ?? 'INVALID_OTHER_REASON';
}
