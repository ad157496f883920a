// SPDX-License-Identifier: Apache-2.0
import type { Description, Organization } from './description.ts';

export interface OrdererNode {
  readonly kind: 'orderer';
  /** `orderer0`; also the name of its container. */
  readonly name: string;
  readonly index: number;
}

export interface PeerNode {
  readonly kind: 'peer';
  /** `hospital-peer0` */
  readonly name: string;
  readonly organization: Organization;
  readonly index: number;
}

/** An organization's own process that runs the contract for its peers. */
export interface ChaincodeNode {
  readonly kind: 'chaincode';
  /** `hospital-chaincode` */
  readonly name: string;
  readonly organization: Organization;
}

export function orderersOf(description: Description): OrdererNode[] {
  return Array.from({ length: description.ordering.nodes }, (_, index) => ({
    kind: 'orderer',
    name: `orderer${index}`,
    index,
  }));
}

export function peersOf(description: Description, members?: readonly string[]): PeerNode[] {
  return organizationsOf(description, members).flatMap((organization) =>
    Array.from(
      { length: organization.peers },
      (_, index): PeerNode => ({
        kind: 'peer',
        name: `${organization.id}-peer${index}`,
        organization,
        index,
      }),
    ),
  );
}

export function chaincodesOf(description: Description): ChaincodeNode[] {
  return description.organizations.map((organization) => ({
    kind: 'chaincode',
    name: `${organization.id}-chaincode`,
    organization,
  }));
}

/** All organizations, or those of a channel. */
export function organizationsOf(description: Description, members?: readonly string[]): Organization[] {
  return description.organizations.filter(({ id }) => !members || members.includes(id));
}
