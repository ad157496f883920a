// SPDX-License-Identifier: Apache-2.0
import { callContract } from '@mooring/chaincode/call';
import { ContractError, parseContractError } from '@mooring/chaincode/errors';
import { LedgerError } from '../ledger.ts';
import type { Proposal } from './proposal.ts';
import { ReadWriteSet } from './rwset.ts';
import type { CommittedState } from './state.ts';
import { emulateIdentity, emulateStub } from './stub.ts';

export interface Simulated {
  readonly set: ReadWriteSet;
  readonly result: Uint8Array;
}

/** Runs a transaction of the contract against the committed state, the way Fabric's shim does; writes nothing. */
export async function simulate(proposal: Proposal, state: CommittedState): Promise<Simulated> {
  const set = new ReadWriteSet();
  try {
    const result = await callContract(proposal.transaction, {
      stub: emulateStub(proposal, state, set),
      clientIdentity: emulateIdentity(proposal.identity),
    });
    return { set, result };
  } catch (error) {
    throw asLedgerError(error, proposal);
  }
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
