// SPDX-License-Identifier: Apache-2.0
import shim, { type ChaincodeInterface, type ChaincodeStub } from 'fabric-shim';
import { callContract } from './src/call.ts';
import { ContractError } from './src/errors.ts';

/** What peers of Fabric say when a collection's data have not come to them yet, though their hashes have. */
const NOT_YET_HERE = 'private data matching public hash version is not available';

/**
 * The contracts as a chaincode. Transactions are named `contract:transaction`, as clients of Fabric name them. Only the contract's
 * own refusals say what happened; other errors may quote what was given, and are not handed on.
 */
export function contractChaincode(): ChaincodeInterface {
  return {
    Init: async () => shim.success(),
    async Invoke(received) {
      const stub = received as ChaincodeStub;
      const { fcn, params } = stub.getFunctionAndParameters();
      const [contract = '', name = ''] = fcn.split(':', 2);
      try {
        const on = { stub, clientIdentity: new shim.ClientIdentity(stub) };
        return shim.success(await callContract({ contract, name, args: params }, on));
      } catch (error) {
        if (error instanceof ContractError) return shim.error(error.message);
        const late = (error as Error)?.message?.includes(NOT_YET_HERE);
        return shim.error(late ? `${fcn} failed: ${NOT_YET_HERE}` : `${fcn} failed`);
      }
    },
  };
}
