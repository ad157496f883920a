// SPDX-License-Identifier: Apache-2.0

export interface PeerAddress {
  /** `host:port` */
  readonly address: string;
  /** PEM; the peer's TLS certificate must chain to one of these. */
  readonly tlsCertificates: string;
  /** The name in the peer's TLS certificate, where it isn't the host. */
  readonly tlsServerName?: string;
}

/** How one organization's bridge reaches the network, and whom it believes there: the content of a connection file. */
export interface FabricConnection {
  readonly mspId: string;
  /** PEM of the bridge's own enrolment certificate and its private key. */
  readonly certificate: string;
  readonly privateKey: string;
  readonly chaincode: string;
  /** Peers of the own organization; the first that answers is used. */
  readonly peers: readonly PeerAddress[];
  /** Members of each channel, with their root certificates (PEM). */
  readonly channels: Readonly<Record<string, { readonly organizations: readonly Organization[] }>>;
  readonly orderers: readonly Organization[];
}

export interface Organization {
  readonly mspId: string;
  readonly certificates: readonly string[];
}
