// SPDX-License-Identifier: Apache-2.0

export interface TrustedEmbeddedLedger {
  readonly kind: 'embedded';
  /** Raw Ed25519, base64. */
  readonly publicKey: string;
}

/** A Fabric channel is believed because of its organizations' certificate authorities. */
export interface TrustedFabricLedger {
  readonly kind: 'fabric';
  readonly channel: string;
  readonly chaincode: string;
  /** How many of the organizations must have endorsed; absent: a majority. */
  readonly endorsements?: number;
  /** Root (and intermediate) certificates of each organization, PEM. */
  readonly organizations: readonly { readonly mspId: string; readonly certificates: readonly string[] }[];
  /** The same of those that run the ordering service. */
  readonly orderers: readonly { readonly mspId: string; readonly certificates: readonly string[] }[];
}

/** Each kind of ledger is believed in its own way; one more kind is one more member here. */
export type TrustedLedger = TrustedEmbeddedLedger | TrustedFabricLedger;
