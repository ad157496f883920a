// SPDX-License-Identifier: Apache-2.0
import { type Contract, JSONSerializer } from 'fabric-contract-api';
import shim, { type ChaincodeInterface, type ChaincodeStub } from 'fabric-shim';
import { ContractError } from './src/errors.ts';
import { contracts } from './src/index.ts';

/** What peers of Fabric say when a collection's data have not come to them yet, though their hashes have. */
const NOT_YET_HERE = 'private data matching public hash version is not available';

/**
 * The contracts as a chaincode. Transactions are named `contract:transaction`, as clients of Fabric name them. Only the contract's
 * own refusals say what happened; other errors may quote what was given, and are not handed on.
 */
export function contractChaincode(): ChaincodeInterface {
  const byName = new Map(
    contracts.map((Each): [string, Contract] => {
      const contract = new Each();
      return [contract.getName(), contract];
    }),
  );
  return {
    Init: async () => shim.success(),
    async Invoke(stub) {
      const { fcn, params } = stub.getFunctionAndParameters();
      const [contractName = '', name = ''] = fcn.split(':', 2);
      const contract = byName.get(contractName);
      try {
        if (!contract || !isTransaction(contract, name, params.length))
          throw new ContractError(
            'TRANSACTION_UNKNOWN',
            `no transaction ${fcn} with ${params.length} arguments`,
          );
        return shim.success(await call(contract, name, params, stub as ChaincodeStub));
      } catch (error) {
        if (error instanceof ContractError) return shim.error(error.message);
        const late = (error as Error)?.message?.includes(NOT_YET_HERE);
        return shim.error(late ? `${fcn} failed: ${NOT_YET_HERE}` : `${fcn} failed`);
      }
    },
  };
}

const serializer = new JSONSerializer();

async function call(
  contract: Contract,
  name: string,
  params: readonly string[],
  stub: ChaincodeStub,
): Promise<Uint8Array | undefined> {
  const context = Object.assign(contract.createContext(), {
    stub,
    clientIdentity: new shim.ClientIdentity(stub),
  });
  await contract.beforeTransaction(context);
  const returned: unknown = await contract.aroundTransaction(context, name as never, [...params]);
  await contract.afterTransaction(context, returned);
  return serializer.toBuffer(returned, {});
}

/** The methods of the contract's own class, with exactly their arguments; the first is the context. */
function isTransaction(contract: Contract, name: string, given: number): boolean {
  const own: unknown = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(contract), name)?.value;
  return (
    name !== 'constructor' && !name.startsWith('_') && typeof own === 'function' && own.length === given + 1
  );
}
