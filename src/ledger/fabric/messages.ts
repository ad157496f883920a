// SPDX-License-Identifier: Apache-2.0
import type { Shape } from './wire.ts';

// Fabric's messages as fabric-protos defines them: the number of each field and what it is. Those that nobody reads are there, too: a
// field that isn't would be refused.

// common/common.proto
export const BLOCK = {
  header: [1, 'message'],
  data: [2, 'message'],
  metadata: [3, 'message'],
} as const satisfies Shape;
export const BLOCK_HEADER = {
  number: [1, 'number'],
  previousHash: [2, 'bytes'],
  dataHash: [3, 'bytes'],
} as const satisfies Shape;
export const BLOCK_DATA = { data: [1, 'repeated'] } as const satisfies Shape;
export const BLOCK_METADATA = { metadata: [1, 'repeated'] } as const satisfies Shape;
export const METADATA = { value: [1, 'bytes'], signatures: [2, 'repeated'] } as const satisfies Shape;
export const METADATA_SIGNATURE = {
  signatureHeader: [1, 'bytes'],
  signature: [2, 'bytes'],
  identifierHeader: [3, 'bytes'],
} as const satisfies Shape;
export const ENVELOPE = { payload: [1, 'bytes'], signature: [2, 'bytes'] } as const satisfies Shape;
export const PAYLOAD = { header: [1, 'message'], data: [2, 'bytes'] } as const satisfies Shape;
export const HEADER = { channelHeader: [1, 'bytes'], signatureHeader: [2, 'bytes'] } as const satisfies Shape;
export const CHANNEL_HEADER = {
  type: [1, 'number'],
  version: [2, 'number'],
  timestamp: [3, 'message'],
  channel: [4, 'bytes'],
  transactionId: [5, 'bytes'],
  epoch: [6, 'number'],
  extension: [7, 'bytes'],
  tlsCertificateHash: [8, 'bytes'],
} as const satisfies Shape;
export const SIGNATURE_HEADER = { creator: [1, 'bytes'], nonce: [2, 'bytes'] } as const satisfies Shape;
export const TIMESTAMP = { seconds: [1, 'number'], nanos: [2, 'number'] } as const satisfies Shape;

// msp/identities.proto
export const SERIALIZED_IDENTITY = {
  mspId: [1, 'bytes'],
  certificate: [2, 'bytes'],
} as const satisfies Shape;

// peer/transaction.proto
export const TRANSACTION = { actions: [1, 'repeated'] } as const satisfies Shape;
export const TRANSACTION_ACTION = { header: [1, 'bytes'], payload: [2, 'bytes'] } as const satisfies Shape;
export const CHAINCODE_ACTION_PAYLOAD = {
  proposed: [1, 'bytes'],
  action: [2, 'message'],
} as const satisfies Shape;
export const ENDORSED_ACTION = {
  answer: [1, 'bytes'],
  endorsements: [2, 'repeated'],
} as const satisfies Shape;

// peer/proposal.proto, peer/proposal_response.proto
export const HEADER_EXTENSION = { chaincode: [2, 'message'] } as const satisfies Shape;
export const PROPOSAL_PAYLOAD = { input: [1, 'bytes'], transient: [2, 'repeated'] } as const satisfies Shape;
export const RESPONSE_PAYLOAD = {
  proposalHash: [1, 'bytes'],
  extension: [2, 'bytes'],
} as const satisfies Shape;
export const CHAINCODE_ACTION = {
  results: [1, 'bytes'],
  events: [2, 'bytes'],
  response: [3, 'message'],
  chaincode: [4, 'message'],
} as const satisfies Shape;
export const RESPONSE = {
  status: [1, 'number'],
  message: [2, 'bytes'],
  payload: [3, 'bytes'],
} as const satisfies Shape;
export const ENDORSEMENT = { endorser: [1, 'bytes'], signature: [2, 'bytes'] } as const satisfies Shape;

// peer/chaincode.proto, peer/chaincode_event.proto
export const INVOCATION = { spec: [1, 'message'] } as const satisfies Shape;
export const CHAINCODE_SPEC = {
  type: [1, 'number'],
  chaincode: [2, 'message'],
  input: [3, 'message'],
  timeout: [4, 'number'],
} as const satisfies Shape;
export const CHAINCODE_ID = {
  path: [1, 'bytes'],
  name: [2, 'bytes'],
  version: [3, 'bytes'],
} as const satisfies Shape;
export const CHAINCODE_INPUT = {
  args: [1, 'repeated'],
  decorations: [2, 'repeated'],
  isInit: [3, 'number'],
} as const satisfies Shape;
export const CHAINCODE_EVENT = {
  chaincode: [1, 'bytes'],
  transactionId: [2, 'bytes'],
  name: [3, 'bytes'],
  payload: [4, 'bytes'],
} as const satisfies Shape;

// ledger/rwset/rwset.proto, ledger/rwset/kvrwset/kv_rwset.proto
export const READ_WRITE_SET = { model: [1, 'number'], namespaces: [2, 'repeated'] } as const satisfies Shape;
export const NAMESPACE_SET = {
  namespace: [1, 'bytes'],
  set: [2, 'bytes'],
  collections: [3, 'repeated'],
} as const satisfies Shape;
export const KEY_VALUE_SET = {
  reads: [1, 'repeated'],
  ranges: [2, 'repeated'],
  writes: [3, 'repeated'],
  metadataWrites: [4, 'repeated'],
} as const satisfies Shape;
export const KEY_VALUE_WRITE = {
  key: [1, 'bytes'],
  isDelete: [2, 'number'],
  value: [3, 'bytes'],
} as const satisfies Shape;
