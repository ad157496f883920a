// SPDX-License-Identifier: Apache-2.0
import type { Description } from '../description.ts';
import type { Keys } from '../keys.ts';
import { type PeerNode, peersOf } from '../nodes.ts';
import { address, listens, type Places } from '../places.ts';
import type { Changes } from './sample.ts';

/** What a peer's `core.yaml` has otherwise than Fabric's sample. */
export function peerChanges(description: Description, places: Places, keys: Keys, node: PeerNode): Changes {
  const { serves, chaincode, operations, data } = places.peer(node);
  const { msp, tls } = keys.peer(node);
  const neighbours = peersOf(description, [node.organization.id]).filter(({ name }) => name !== node.name);
  return {
    'peer.id': node.name,
    'peer.listenAddress': listens(serves),
    'peer.address': address(serves),
    'peer.chaincodeListenAddress': listens(chaincode),
    'peer.chaincodeAddress': address(chaincode),
    'peer.localMspId': node.organization.mspId,
    'peer.mspConfigPath': msp,
    'peer.fileSystemPath': data,
    'peer.tls.enabled': true,
    'peer.tls.cert.file': tls.certificate,
    'peer.tls.key.file': tls.key,
    'peer.tls.rootcert.file': tls.authority,
    'peer.gossip.bootstrap': (neighbours.length > 0 ? neighbours : [node])
      .map((peer) => address(places.peer(peer).serves))
      .join(' '),
    'peer.gossip.endpoint': address(serves),
    'peer.gossip.externalEndpoint': address(serves),
    ...QUICK,
    'ledger.snapshots.rootDir': `${data}/snapshots`,
    'operations.listenAddress': listens(operations),
    'metrics.provider': 'prometheus',
    // No Docker: the contract runs beside the peer, and the peer calls it.
    'vm.endpoint': '',
    'chaincode.externalBuilders': [{ name: 'mooring', path: places.builder }],
  };
}

/** The samples' times suit hundreds of peers; with few, an absent one is noticed, and a returned one found, within seconds. */
const QUICK: Changes = {
  'peer.gossip.membershipTrackerInterval': '1s',
  'peer.gossip.requestStateInfoInterval': '1s',
  'peer.gossip.publishStateInfoInterval': '1s',
  'peer.gossip.aliveTimeInterval': '1s',
  'peer.gossip.aliveExpirationTimeout': '5s',
  'peer.gossip.reconnectInterval': '2s',
  // A block waits that long for private data that nobody has at hand; after it they are looked for in the background.
  'peer.gossip.pvtData.pullRetryThreshold': '5s',
  'peer.gossip.pvtData.reconcileSleepInterval': '5s',
  'peer.gateway.endorsementTimeout': '10s',
  'peer.gateway.broadcastTimeout': '10s',
  'peer.gateway.dialTimeout': '5s',
  'peer.deliveryclient.reConnectBackoffThreshold': '2s',
  'chaincode.startuptimeout': '10s',
  'chaincode.executetimeout': '10s',
};
