// SPDX-License-Identifier: Apache-2.0
import type { Description } from '../description.ts';
import type { Keys } from '../keys.ts';
import type { OrdererNode } from '../nodes.ts';
import { listens, type Places } from '../places.ts';
import type { Changes } from './sample.ts';

/** What an orderer's `orderer.yaml` has otherwise than Fabric's sample. */
export function ordererChanges(
  description: Description,
  places: Places,
  keys: Keys,
  node: OrdererNode,
): Changes {
  const { serves, admin, operations, data } = places.orderer(node);
  const { msp, tls } = keys.orderer(node);
  return {
    'General.ListenAddress': serves.bind,
    'General.ListenPort': serves.port,
    'General.TLS.Enabled': true,
    'General.TLS.PrivateKey': tls.key,
    'General.TLS.Certificate': tls.certificate,
    'General.TLS.RootCAs': [tls.authority],
    'General.Cluster.ClientPrivateKey': tls.key,
    'General.Cluster.ClientCertificate': tls.certificate,
    'General.Cluster.RootCAs': [tls.authority],
    // Channels are joined by way of the administrator's interface; there is none before.
    'General.BootstrapMethod': 'none',
    'General.LocalMSPID': description.ordering.mspId,
    'General.LocalMSPDir': msp,
    'FileLedger.Location': data,
    'Consensus.WALDir': `${data}/etcdraft/wal`,
    'Consensus.SnapDir': `${data}/etcdraft/snapshot`,
    'ChannelParticipation.Enabled': true,
    'Admin.ListenAddress': listens(admin),
    'Admin.TLS.Enabled': true,
    'Admin.TLS.PrivateKey': tls.key,
    'Admin.TLS.Certificate': tls.certificate,
    'Admin.TLS.RootCAs': [tls.authority],
    'Admin.TLS.ClientRootCAs': [tls.authority],
    'Admin.TLS.ClientAuthRequired': true,
    'Operations.ListenAddress': listens(operations),
    'Metrics.Provider': 'prometheus',
  };
}
