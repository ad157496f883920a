// SPDX-License-Identifier: Apache-2.0
import type { Network, Proposal } from '@hyperledger/fabric-gateway';
import { LedgerError, type Transaction } from '../ledger.ts';
import type { ChannelPeers } from './channel-peers.ts';

/** Where a contract runs. `members`: organizations of the channel, which are those of its private data, too. */
export interface ChaincodeOnChannel {
  readonly peers: ChannelPeers;
  readonly chaincode: string;
  readonly members: readonly string[];
}

/** As the embedded ledger takes: a chaincode gets a call in one gRPC message, and gRPC reads 4 MiB unless told otherwise. */
const MAX_PROPOSAL_BYTES = 4 * 1024 * 1024 - 64 * 1024;

/** Made anew for each try: its id is a nonce's. `endorsers` undefined: whom the gateway finds. Throws LedgerError TOO_LARGE. */
export function propose(
  network: Network,
  chaincode: string,
  transaction: Transaction,
  endorsers?: readonly string[],
): Proposal {
  const { contract, name, args, transient } = transaction;
  assertSize(transaction);
  return network.getContract(chaincode, contract).newProposal(name, {
    arguments: [...args],
    ...(transient ? { transientData: { ...transient } } : {}),
    ...(endorsers ? { endorsingOrganizations: [...endorsers] } : {}),
  });
}

/** How errors name a transaction: its arguments are nobody's business. */
export function titleOf({ contract, name }: Transaction): string {
  return `${contract}:${name}`;
}

function assertSize({ args, transient = {} }: Transaction): void {
  const argBytes = args.reduce((sum, arg) => sum + Buffer.byteLength(arg, 'utf8'), 0);
  const sizeBytes = Object.values(transient).reduce((sum, value) => sum + value.length, argBytes);
  if (sizeBytes > MAX_PROPOSAL_BYTES)
    throw new LedgerError(
      'TOO_LARGE',
      `a transaction of ${sizeBytes} bytes; at most ${MAX_PROPOSAL_BYTES} are taken`,
    );
}
