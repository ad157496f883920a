// SPDX-License-Identifier: Apache-2.0
import { status } from '@grpc/grpc-js';
import { GatewayError } from '@hyperledger/fabric-gateway';
import { common, peer as peerProtos } from '@hyperledger/fabric-protos';
import { LedgerError } from '../ledger.ts';
import type { ChannelPeers } from './channel-peers.ts';
import { deadline, QUERY_MS } from './deadlines.ts';
import type { ChainInfo, FabricQueries } from './queries.ts';
import { repeat } from './repeat.ts';

/** As a peer's block store says it. */
const NOT_FOUND = /no such (block|transaction)/;

/**
 * Blocks by the system chaincode qscc, which every peer has. The own peer hands a question on to another organization's peers.
 * Throws LedgerError.
 */
export function qsccQueries(peers: ChannelPeers): Omit<FabricQueries, 'endorsed'> {
  return {
    block: (number, mspId) => ask(peers, 'GetBlockByNumber', String(number), mspId),
    blockOf: (transactionId) => ask(peers, 'GetBlockByTxID', transactionId),
    async chainInfo(mspId): Promise<ChainInfo> {
      const answer = await ask(peers, 'GetChainInfo', undefined, mspId);
      const info = common.BlockchainInfo.deserializeBinary(answer ?? new Uint8Array(0));
      return { height: BigInt(info.getHeight()), currentBlockHash: info.getCurrentblockhash_asU8() };
    },
  };
}

/** How a transaction ended that was perhaps handed in twice: the first one counts. `undefined`: it is in no block. */
export async function outcomeOf(
  peers: ChannelPeers,
  transactionId: string,
): Promise<{ readonly validation: number; readonly blockNumber: bigint } | undefined> {
  const processed = await ask(peers, 'GetTransactionByID', transactionId);
  const block = processed && (await ask(peers, 'GetBlockByTxID', transactionId));
  if (!processed || !block) return undefined;
  return {
    validation: peerProtos.ProcessedTransaction.deserializeBinary(processed).getValidationcode(),
    blockNumber: BigInt(common.Block.deserializeBinary(block).getHeader()?.getNumber() ?? 0),
  };
}

function ask(
  peers: ChannelPeers,
  name: string,
  about?: string,
  mspId?: string,
): Promise<Uint8Array | undefined> {
  const proposed = {
    arguments: about === undefined ? [peers.channel] : [peers.channel, about],
    ...(mspId === undefined ? {} : { endorsingOrganizations: [mspId] }),
  };
  return repeat(`qscc:${name}`, peers.peers.mspId, () =>
    peers.ask(async (network) => {
      try {
        return await network.getContract('qscc').newProposal(name, proposed).evaluate(deadline(QUERY_MS));
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        if (NOT_FOUND.test(error.message)) return undefined;
        // Another organization's peer that hangs is no reason to leave the own one.
        if (mspId && mspId !== peers.peers.mspId && error.code === status.DEADLINE_EXCEEDED)
          throw new LedgerError('UNAVAILABLE', `no peer of ${mspId} answers`);
        throw error;
      }
    }),
  );
}
