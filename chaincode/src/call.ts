// SPDX-License-Identifier: Apache-2.0
import { type Context, type Contract, JSONSerializer } from 'fabric-contract-api';
import { ContractError } from './errors.ts';
import { contracts } from './index.ts';

/** A transaction or query by its names; arguments as Fabric has them, all strings. */
export interface Call {
  readonly contract: string;
  readonly name: string;
  readonly args: readonly string[];
}

const BY_NAME: ReadonlyMap<string, Contract> = new Map(
  contracts.map((Each) => {
    const contract = new Each();
    return [contract.getName(), contract];
  }),
);
const serializer = new JSONSerializer();

/**
 * Runs it on the stub of whoever runs the contract: a Fabric peer's, or one that answers like it. Resolves with what the transaction
 * returned. Throws ContractError for a refusal, anything else when it broke.
 */
export async function callContract(
  { contract: contractName, name, args }: Call,
  on: Pick<Context, 'stub' | 'clientIdentity'>,
): Promise<Uint8Array> {
  const contract = BY_NAME.get(contractName);
  if (!contract || !isTransaction(contract, name, args.length))
    throw new ContractError(
      'TRANSACTION_UNKNOWN',
      `no transaction ${contractName}:${name} with ${args.length} arguments`,
    );
  const context = Object.assign(contract.createContext(), on);
  await contract.beforeTransaction(context);
  const returned: unknown = await contract.aroundTransaction(context, name as never, [...args]);
  await contract.afterTransaction(context, returned);
  return serializer.toBuffer(returned, {}) ?? new Uint8Array(0);
}

/** The methods of the contract's own class, with exactly their arguments; the first is the context. */
function isTransaction(contract: Contract, name: string, given: number): boolean {
  const own: unknown = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(contract), name)?.value;
  return (
    name !== 'constructor' && !name.startsWith('_') && typeof own === 'function' && own.length === given + 1
  );
}
