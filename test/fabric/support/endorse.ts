// SPDX-License-Identifier: Apache-2.0
import { type Transaction as Endorsed, EndorseError, StatusCode } from '@hyperledger/fabric-gateway';
import { common, gateway } from '@hyperledger/fabric-protos';
import { parseContractError } from '@mooring/chaincode/errors';
import { pino } from 'pino';
import { ChannelPeers } from '../../../src/ledger/fabric/channel-peers.ts';
import type { FabricConnection } from '../../../src/ledger/fabric/connection.ts';
import { FabricPeers } from '../../../src/ledger/fabric/peers.ts';
import { propose } from '../../../src/ledger/fabric/proposal.ts';
import type { Transaction } from '../../../src/ledger/ledger.ts';

const CHANNEL = 'exchange';
const ANSWER_MS = 10_000;

/** One organization's client without the care of our adapter: it says whom to ask, and hands in what it likes. */
export interface RawClient {
  /** By these organizations' peers and no others. Throws what Fabric throws. */
  endorse(transaction: Transaction, ...mspIds: readonly string[]): Promise<Endorsed>;
  /** What each organization's own peer says to it, asked one by one: the code of a refusal, or `endorsed`. */
  askEach(transaction: Transaction): Promise<Readonly<Record<string, string>>>;
  /** To the orderers, signed by this client if by nobody yet. Resolves with how it ended, in Fabric's word. */
  handIn(endorsed: Uint8Array): Promise<string>;
  close(): void;
}

export function rawClient(connection: FabricConnection): RawClient {
  const peers = new FabricPeers(connection, pino({ level: 'silent' }));
  const on = new ChannelPeers(peers, CHANNEL);
  const soon = () => ({ deadline: Date.now() + ANSWER_MS });
  const members = connection.channels[CHANNEL]?.organizations.map(({ mspId }) => mspId) ?? [];
  const endorse = (transaction: Transaction, ...mspIds: readonly string[]) =>
    on.ask((network) => propose(network, connection.chaincode, transaction, mspIds).endorse(soon()));
  return {
    endorse,
    async askEach(transaction) {
      const answers = members.map(async (mspId) => {
        const answer = await endorse(transaction, mspId).then(() => 'endorsed', refusalOf);
        return [mspId, answer] as const;
      });
      return Object.fromEntries(await Promise.all(answers));
    },
    handIn: (endorsed) =>
      on.ask(async (_, peer) => {
        const submitted = await peer.gateway.newTransaction(endorsed).submit(soon());
        const { code } = await submitted.getStatus(soon());
        return Object.entries(StatusCode).find(([, value]) => value === code)?.[0] ?? String(code);
      }),
    close: () => peers.close(),
  };
}

/** The same with other bytes for some in what is signed: whoever hands it in signs that. They must be as many. */
export function altered(endorsed: Endorsed, from: string, to: string): Uint8Array {
  const prepared = gateway.PreparedTransaction.deserializeBinary(endorsed.getBytes());
  const envelope = prepared.getEnvelope() ?? new common.Envelope();
  const payload = Buffer.from(envelope.getPayload_asU8());
  const changed = Buffer.from(payload.toString('latin1').replaceAll(from, to), 'latin1');
  if (changed.equals(payload) || changed.length !== payload.length) throw new Error(`no ${from} to alter`);
  envelope.setPayload(changed);
  prepared.setEnvelope(envelope);
  return prepared.serializeBinary();
}

function refusalOf(error: unknown): string {
  if (!(error instanceof EndorseError)) throw error;
  const [refusal] = error.details.flatMap(({ message }) => parseContractError(message) ?? []);
  if (!refusal) throw error;
  return refusal.code;
}
