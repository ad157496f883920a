// SPDX-License-Identifier: Apache-2.0
import type { FabricConnection } from '../../src/ledger/fabric/connection.ts';
import type { Description, Organization } from '../description.ts';
import { organizationsOf, peersOf } from '../nodes.ts';
import { address, type Places } from '../places.ts';

/** The connection file of an organization's bridge. Where FabricConnection has PEM, the file has paths relative to itself. */
export function renderConnection(description: Description, places: Places, own: Organization): string {
  const authority = (mspId: string) => ({ mspId, certificates: [authorityFile(mspId)] });
  const channels = Object.entries(description.channels).filter(([, members]) => members.includes(own.id));
  const connection: FabricConnection = {
    mspId: own.mspId,
    certificate: `${own.id}/certificate.pem`,
    privateKey: `${own.id}/key.pem`,
    chaincode: description.chaincode.name,
    peers: peersOf(description, [own.id]).map((peer) => ({
      address: address(places.peer(peer).serves),
      tlsCertificates: `${own.id}/tls.pem`,
      tlsServerName: peer.name,
    })),
    channels: Object.fromEntries(
      channels.map(([name, members]) => [
        name,
        { organizations: organizationsOf(description, members).map(({ mspId }) => authority(mspId)) },
      ]),
    ),
    orderers: [authority(description.ordering.mspId)],
  };
  return `${JSON.stringify(connection, null, 2)}\n`;
}

/** Beside the connection files. */
export const authorityFile = (mspId: string): string => `authorities/${mspId}.pem`;
