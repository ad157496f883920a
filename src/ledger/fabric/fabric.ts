// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../../operate/log.ts';
import { type Channels, type LedgerChannel, mapChannels } from '../channel.ts';
import type { TrustedFabricLedger } from '../trust.ts';
import { ChannelPeers } from './channel-peers.ts';
import type { FabricConnection } from './connection.ts';
import { makeFabricEvidence } from './evidence.ts';
import { fabricExplorer } from './explorer.ts';
import { fabricLedger } from './ledger.ts';
import { FabricPeers, type PeerHealth } from './peers.ts';
import type { ChaincodeOnChannel } from './proposal.ts';
import { qsccQueries } from './qscc.ts';
import type { FabricQueries } from './queries.ts';
import { endorseOnly } from './submit.ts';

export interface FabricChannel extends LedgerChannel {
  readonly trust: TrustedFabricLedger;
  /** Peers of the own organization, in the order in which they are asked. */
  peers(): readonly PeerHealth[];
}

/**
 * The channels that an organization is on, over one gRPC connection a peer. Waits for nothing: a bridge starts also while its ledger is
 * away. Throws when the connection knows nothing of a channel.
 */
export function openFabric(
  connection: FabricConnection,
  names: Channels<string>,
  logger: Logger,
): Channels<FabricChannel> {
  for (const name of names) membersOf(connection, name);
  const peers = new FabricPeers(connection, logger);
  const open = new Set(names);
  return mapChannels(names, (name) =>
    openChannel(connection, name, peers, () => {
      open.delete(name);
      if (open.size === 0) peers.close();
    }),
  );
}

function openChannel(
  connection: FabricConnection,
  name: string,
  peers: FabricPeers,
  onClose: () => void,
): FabricChannel {
  const { chaincode, orderers } = connection;
  const organizations = membersOf(connection, name);
  const members = organizations.map(({ mspId }) => mspId);
  const on: ChaincodeOnChannel = { peers: new ChannelPeers(peers, name), chaincode, members };
  const queries: FabricQueries = {
    ...qsccQueries(on.peers),
    endorsed: (query) => endorseOnly(on, query),
  };
  const closing = new AbortController();
  const evidence = (transactionId: string) => makeFabricEvidence(queries, transactionId);
  return {
    name,
    id: `fabric:${name}`,
    ledger: fabricLedger({ on, queries, closing: closing.signal, evidence }),
    explorer: fabricExplorer(queries, members),
    trust: { kind: 'fabric', channel: name, chaincode, organizations, orderers },
    peers: () => peers.health(),
    async close() {
      closing.abort();
      onClose();
    },
  };
}

function membersOf({ channels }: FabricConnection, name: string) {
  const channel = channels[name];
  if (channel) return channel.organizations;
  throw new Error(`the connection knows no channel "${name}"; it knows ${Object.keys(channels).join(', ')}`);
}
