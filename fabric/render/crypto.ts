// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import type { Description } from '../description.ts';
import { CHAINCODE_HOSTS } from '../keys.ts';
import { orderersOf, peersOf } from '../nodes.ts';

/**
 * Input of `cryptogen`: an authority for identities and one for TLS in each organization, with node OUs, so that a certificate
 * says whether its owner is client, peer, orderer or admin.
 */
export function renderCryptoConfig(description: Description): string {
  // The same certificates serve natively and in containers, where a node is reached under its name.
  const names = (name: string): string[] => [...new Set([name, description.host, '127.0.0.1', 'localhost'])];
  return stringify({
    OrdererOrgs: [
      {
        Name: 'orderer',
        Domain: `orderer.${description.domain}`,
        EnableNodeOUs: true,
        Specs: orderersOf(description).map(({ name }) => ({ Hostname: name, SANS: names(name) })),
      },
    ],
    PeerOrgs: description.organizations.map(({ id }) => ({
      Name: id,
      Domain: `${id}.${description.domain}`,
      EnableNodeOUs: true,
      Specs: [
        ...peersOf(description, [id]).map(({ name, index }) => ({
          Hostname: `peer${index}`,
          SANS: names(name),
        })),
        ...CHAINCODE_HOSTS.map((name) => ({ Hostname: name, SANS: names(`${id}-${name}`) })),
      ],
      Users: { Count: 1 },
    })),
  });
}
