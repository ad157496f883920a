// SPDX-License-Identifier: Apache-2.0
import { contracts } from '@mooring/chaincode';
import { ContractError, parseContractError } from '@mooring/chaincode/errors';
import { type Contract, JSONSerializer } from 'fabric-contract-api';
import { LedgerError } from '../ledger.ts';
import type { Proposal } from './proposal.ts';
import { ReadWriteSet } from './rwset.ts';
import type { CommittedState } from './state.ts';
import { emulateIdentity, emulateStub } from './stub.ts';

export interface Simulated {
  readonly set: ReadWriteSet;
  readonly result: Uint8Array;
}

const BY_NAME: ReadonlyMap<string, Contract> = new Map(
  contracts.map((Each) => {
    const contract = new Each();
    return [contract.getName(), contract];
  }),
);
const serializer = new JSONSerializer();

/** Runs a transaction of the contract against the committed state, the way Fabric's shim does; writes nothing. */
export async function simulate(proposal: Proposal, state: CommittedState): Promise<Simulated> {
  const { transaction, identity } = proposal;
  const contract = BY_NAME.get(transaction.contract);
  if (!contract || !isTransaction(contract, transaction.name, transaction.args.length))
    throw new LedgerError(
      'TRANSACTION_UNKNOWN',
      `no transaction ${transaction.contract}:${transaction.name} with ${transaction.args.length} arguments`,
    );
  const set = new ReadWriteSet();
  const context = Object.assign(contract.createContext(), {
    stub: emulateStub(proposal, state, set),
    clientIdentity: emulateIdentity(identity),
  });
  try {
    await contract.beforeTransaction(context);
    const returned: unknown = await contract.aroundTransaction(
      context,
      transaction.name as never,
      transaction.args,
    );
    await contract.afterTransaction(context, returned);
    return { set, result: serializer.toBuffer(returned, {}) ?? Buffer.alloc(0) };
  } catch (error) {
    throw asLedgerError(error, proposal);
  }
}

/** The shim takes every method of the class itself, and insists on the number of arguments. */
function isTransaction(contract: Contract, name: string, args: number): boolean {
  const own: unknown = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(contract), name)?.value;
  return (
    name !== 'constructor' && !name.startsWith('_') && typeof own === 'function' && own.length === args + 1
  );
}

function asLedgerError(error: unknown, { transaction }: Proposal): LedgerError {
  if (error instanceof LedgerError) return error;
  const refusal =
    error instanceof ContractError ? error : parseContractError(String((error as Error)?.message));
  if (refusal) return new LedgerError(refusal.code, refusal.message, { cause: error });
  return new LedgerError('CONTRACT_FAILED', `${transaction.contract}:${transaction.name} failed`, {
    cause: error,
  });
}
