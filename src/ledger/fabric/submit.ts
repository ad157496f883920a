// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import {
  type Transaction as EndorsedTransaction,
  EndorseError,
  GatewayError,
  StatusCode,
} from '@hyperledger/fabric-gateway';
import { gateway } from '@hyperledger/fabric-protos';
import { type CommittedTransaction, LedgerError, type Transaction } from '../ledger.ts';
import { type ChannelPeers, heightOf } from './channel-peers.ts';
import { backoffMs, COMMIT_MS, deadline, ENDORSE_MS, ORDERING_MS, SUBMIT_MS } from './deadlines.ts';
import { classify, InvalidTransaction } from './errors.ts';
import { majorities } from './majorities.ts';
import { type ChaincodeOnChannel, propose, titleOf } from './proposal.ts';
import { outcomeOf } from './qscc.ts';
import { repeat } from './repeat.ts';

/** Endorsed by a majority of the organizations, ordered, committed: resolves when a peer of the own organization has the block. */
export function submitTransaction(
  on: ChaincodeOnChannel,
  transaction: Transaction,
): Promise<CommittedTransaction> {
  return endorsing(on, transaction, (endorsed) => order(on.peers, endorsed));
}

/** The bytes of a `common.Envelope`: endorsed, signed by nobody else, and handed in nowhere. */
export function endorseOnly(on: ChaincodeOnChannel, query: Transaction): Promise<Uint8Array> {
  return endorsing(on, query, async (endorsed) => {
    const prepared = gateway.PreparedTransaction.deserializeBinary(endorsed.getBytes());
    return prepared.getEnvelope()?.serializeBinary() ?? new Uint8Array(0);
  });
}

function endorsing<T>(
  on: ChaincodeOnChannel,
  transaction: Transaction,
  then: (endorsed: EndorsedTransaction) => Promise<T>,
): Promise<T> {
  const { mspId } = on.peers.peers;
  const others = majorities(on.members, mspId);
  return repeat(titleOf(transaction), mspId, async (chooseEndorsers) => {
    const { value: endorsers } = chooseEndorsers ? others.next() : { value: undefined };
    return then(await endorse(on, transaction, endorsers ?? undefined));
  });
}

function endorse(
  on: ChaincodeOnChannel,
  transaction: Transaction,
  endorsers: readonly string[] | undefined,
): Promise<EndorsedTransaction> {
  return on.peers.ask(async (network, peer) => {
    try {
      return await propose(network, on.chaincode, transaction, endorsers).endorse(deadline(ENDORSE_MS));
    } catch (error) {
      // The own peer or one that it asked? If the own one does not answer this either, the next takes its place.
      if (error instanceof EndorseError && isTimeout(error)) await heightOf(peer, on.peers.channel);
      throw error;
    }
  });
}

/**
 * Hands one endorsed transaction to the orderers until its fate is known. However often it arrives there, only the first of the same
 * id counts (Fabric, `DUPLICATE_TXID`), so what an orderer or a peer lost on the way can be handed in again; a new transaction could
 * be committed beside it.
 */
async function order(peers: ChannelPeers, endorsed: EndorsedTransaction): Promise<CommittedTransaction> {
  const transactionId = endorsed.getTransactionId();
  const until = Date.now() + ORDERING_MS;
  for (let tries = 0; Date.now() < until; tries += 1) {
    try {
      const status = await orderOnce(peers, endorsed.getBytes());
      const outcome =
        status?.code === StatusCode.DUPLICATE_TXID
          ? await outcomeOf(peers, transactionId)
          : status && { validation: status.code, blockNumber: status.blockNumber };
      if (outcome) {
        peers.sawBlock(outcome.blockNumber);
        if (outcome.validation !== StatusCode.VALID) throw new InvalidTransaction(outcome.validation);
        return { transactionId, blockNumber: outcome.blockNumber, result: endorsed.getResult() };
      }
    } catch (error) {
      const failure = classify(error, peers.peers.mspId);
      if (failure?.kind !== 'away' && failure?.kind !== 'unable' && failure?.kind !== 'busy') throw error;
      await pause(backoffMs(tries, 200, 2_000));
    }
  }
  throw new LedgerError(
    'UNAVAILABLE',
    `transaction ${transactionId} was handed in, and nobody knows whether it is committed`,
  );
}

/** `undefined`: it was taken, and is in no block yet. */
async function orderOnce(peers: ChannelPeers, endorsed: Uint8Array) {
  const submitted = await peers.ask((_, peer) =>
    peer.gateway.newTransaction(endorsed).submit(deadline(SUBMIT_MS)),
  );
  return peers.ask(async (_, peer) => {
    try {
      return await peer.gateway.newCommit(submitted.getBytes()).getStatus(deadline(COMMIT_MS));
    } catch (error) {
      if (error instanceof GatewayError && isTimeout(error)) return undefined;
      throw error;
    }
  });
}

function isTimeout({ code }: GatewayError): boolean {
  return code === status.DEADLINE_EXCEEDED;
}
