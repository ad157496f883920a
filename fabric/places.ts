// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import type { Description, Organization } from './description.ts';
import type { OrdererNode, PeerNode } from './nodes.ts';

/** Where something listens, and the name under which others reach it. */
export interface Endpoint {
  readonly bind: string;
  readonly host: string;
  readonly port: number;
}

export interface OrdererPlaces {
  readonly serves: Endpoint;
  readonly admin: Endpoint;
  readonly operations: Endpoint;
  /** Folder of its blocks. */
  readonly data: string;
}

export interface PeerPlaces {
  readonly serves: Endpoint;
  readonly chaincode: Endpoint;
  readonly operations: Endpoint;
  readonly data: string;
}

/** The only thing in which a native network and one of containers differ: addresses and paths. */
export interface Places {
  /** Folder with keys, configuration and packages. */
  readonly dir: string;
  /** Folder of the external builder for chaincode that runs as a service. */
  readonly builder: string;
  orderer(node: OrdererNode): OrdererPlaces;
  peer(node: PeerNode): PeerPlaces;
  /** Each generation of an organization's chaincode, so that the next is up before the one before it goes. */
  chaincode(organization: Organization, generation: number): Endpoint;
}

export const address = ({ host, port }: Endpoint): string => `${host}:${port}`;
export const listens = ({ bind, port }: Endpoint): string => `${bind}:${port}`;

const PORTS_PER_ORGANIZATION = 100;
const PORTS_PER_NODE = 10;
const CHAINCODE_PORTS = 90;

/** Everything on one host: an organization has a hundred ports, a node ten of them, its chaincode the last ten. */
export function nativePlaces(description: Description, dir: string): Places {
  const at = (port: number): Endpoint => ({ bind: description.host, host: description.host, port });
  const first = (organization: Organization): number =>
    description.basePort +
    PORTS_PER_ORGANIZATION * (1 + description.organizations.findIndex(({ id }) => id === organization.id));
  const root = resolve(dir);
  return {
    dir: root,
    builder: resolve(import.meta.dirname, 'builder'),
    orderer({ name, index }) {
      const port = description.basePort + PORTS_PER_NODE * index;
      return {
        serves: at(port),
        admin: at(port + 1),
        operations: at(port + 2),
        data: `${root}/data/${name}`,
      };
    },
    peer({ name, organization, index }) {
      const port = first(organization) + PORTS_PER_NODE * index;
      return {
        serves: at(port),
        chaincode: at(port + 1),
        operations: at(port + 2),
        data: `${root}/data/${name}`,
      };
    },
    chaincode: (organization, generation) =>
      at(first(organization) + CHAINCODE_PORTS + (generation % PORTS_PER_NODE)),
  };
}

/** Each node in its own container, under its own name, at Fabric's usual ports. */
export function containerPlaces(): Places {
  const at = (host: string, port: number): Endpoint => ({ bind: '0.0.0.0', host, port });
  return {
    dir: '/fabric',
    builder: '/opt/hyperledger/ccaas_builder',
    orderer: ({ name }) => ({
      serves: at(name, 7050),
      admin: at(name, 7053),
      operations: at(name, 9443),
      data: '/var/hyperledger/production/orderer',
    }),
    peer: ({ name }) => ({
      serves: at(name, 7051),
      chaincode: at(name, 7052),
      operations: at(name, 9443),
      data: '/var/hyperledger/production',
    }),
    chaincode: ({ id }) => at(`${id}-chaincode`, 9999),
  };
}
