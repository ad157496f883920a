// SPDX-License-Identifier: Apache-2.0
import type { Description, Organization } from './description.ts';
import type { OrdererNode, PeerNode } from './nodes.ts';

/** Where `cryptogen` puts what, below the folder of the keys. Paths. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
}

export interface NodeKeys {
  /** The identity: a folder as membership service providers read it. */
  readonly msp: string;
  readonly tls: TlsFiles;
}

export interface Keys {
  orderer(node: OrdererNode): NodeKeys;
  peer(node: PeerNode): NodeKeys;
  /** An organization as its channels know it, without any key. */
  membership(mspId: string): string;
  admin(organization: Organization): NodeKeys;
  /** The bridge: a client, not an admin. */
  bridge(organization: Organization): NodeKeys;
  /** Both ends of the connection between the peers of an organization and its contract. */
  chaincode(organization: Organization): { readonly server: TlsFiles; readonly client: TlsFiles };
}

/** `cryptogen` makes these two as peers, for they need certificates for TLS; their identities are deleted. */
export const CHAINCODE_HOSTS = ['chaincode', 'chaincode-client'] as const;

export function keysIn(dir: string, description: Description): Keys {
  const ordering = `${dir}/ordererOrganizations/orderer.${description.domain}`;
  const domain = ({ id }: Organization): string => `${id}.${description.domain}`;
  const of = (organization: Organization): string => `${dir}/peerOrganizations/${domain(organization)}`;
  const host = (organization: Organization, name: string): string =>
    `${of(organization)}/peers/${name}.${domain(organization)}`;
  const user = (organization: Organization, name: string): NodeKeys => {
    const folder = `${of(organization)}/users/${name}@${domain(organization)}`;
    return { msp: `${folder}/msp`, tls: tlsIn(`${folder}/tls`, 'client') };
  };
  return {
    orderer({ name }) {
      const folder = `${ordering}/orderers/${name}.orderer.${description.domain}`;
      return { msp: `${folder}/msp`, tls: tlsIn(`${folder}/tls`, 'server') };
    },
    peer({ organization, index }) {
      const folder = host(organization, `peer${index}`);
      return { msp: `${folder}/msp`, tls: tlsIn(`${folder}/tls`, 'server') };
    },
    membership(mspId) {
      const organization = description.organizations.find((each) => each.mspId === mspId);
      return `${organization ? of(organization) : ordering}/msp`;
    },
    admin: (organization) => user(organization, 'Admin'),
    bridge: (organization) => user(organization, 'User1'),
    chaincode: (organization) => ({
      server: tlsIn(`${host(organization, CHAINCODE_HOSTS[0])}/tls`, 'server'),
      client: tlsIn(`${host(organization, CHAINCODE_HOSTS[1])}/tls`, 'server'),
    }),
  };
}

function tlsIn(folder: string, name: 'server' | 'client'): TlsFiles {
  return {
    certificate: `${folder}/${name}.crt`,
    key: `${folder}/${name}.key`,
    authority: `${folder}/ca.crt`,
  };
}
