// SPDX-License-Identifier: Apache-2.0
import { CHAINCODE_ID } from './messages.ts';
import { readMessage, textOf } from './wire.ts';

/** The name in a `protos.ChaincodeID`. Throws BlockError. */
export function nameOf(chaincode: Uint8Array): string {
  return textOf(readMessage(chaincode, 'chaincode', CHAINCODE_ID).name, 'name of the chaincode');
}
