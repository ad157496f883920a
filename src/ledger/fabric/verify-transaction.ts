// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { Signer } from '../explorer.ts';
import type { TrustedFabricLedger } from '../trust.ts';
import type { FabricCall } from './block-call.ts';
import type { FabricTransaction } from './block-transaction.ts';
import { certify, isSignedBy, NotCertified } from './certificates.ts';

/** Something of the evidence doesn't hold; the message says what and may be shown. */
export class Refuted extends Error {}

const SUCCESS = 200;

/** That it is a successful call of the trusted channel's chaincode, with the id that Fabric gives it, sent by who it says. */
export function verifyTransaction(transaction: FabricTransaction, trusted: TrustedFabricLedger): void {
  verifyCall(transaction, trusted);
  const creator = certify(transaction.creator, trusted.organizations, transaction.at, [
    'client',
    'admin',
    'peer',
  ]);
  if (!isSignedBy(creator, transaction)) throw new Refuted('the transaction is not signed by who made it');
}

/** The same of a query, which is not signed when it isn't submitted: its endorsers answer for it. */
export function verifyCall(
  { channel, call, nonce, creatorBytes, id }: FabricTransaction,
  trusted: TrustedFabricLedger,
): FabricCall {
  if (channel !== trusted.channel) throw new Refuted('the transaction is of another channel');
  if (!call) throw new Refuted('the transaction calls no contract');
  if (!call.chaincodes.every((name) => name === trusted.chaincode))
    throw new Refuted('the transaction calls another chaincode');
  if (id !== createHash('sha256').update(nonce).update(creatorBytes).digest('hex'))
    throw new Refuted('the transaction id is not that of its maker');
  if (!call.isBound) throw new Refuted('what was endorsed is the answer to something else');
  if (call.response.status !== SUCCESS) throw new Refuted('the contract has refused the transaction');
  return call;
}

export interface Endorsers {
  /** One for each organization. */
  readonly signers: readonly Signer[];
  /** Endorsements that don't count, and why. */
  readonly failures: readonly string[];
}

/** Throws Refuted when those that count are of fewer organizations than it takes. */
export function verifyEndorsements(transaction: FabricTransaction, trusted: TrustedFabricLedger): Endorsers {
  const signers = new Map<string, Signer>();
  const failures: string[] = [];
  for (const endorsement of transaction.call?.endorsements ?? []) {
    try {
      const certified = certify(endorsement.endorser, trusted.organizations, transaction.at, ['peer']);
      const { signer } = certified;
      if (!isSignedBy(certified, endorsement)) failures.push(`${signer.mspId}: the signature is wrong`);
      else if (!signers.has(signer.mspId)) signers.set(signer.mspId, signer);
    } catch (error) {
      if (!(error instanceof NotCertified)) throw error;
      failures.push(error.message);
    }
  }
  const needed = trusted.endorsements ?? Math.floor(trusted.organizations.length / 2) + 1;
  if (signers.size < needed) {
    const why = failures.length === 0 ? '' : ` (${failures.join('; ')})`;
    throw new Refuted(`endorsed by ${signers.size} organizations where ${needed} are needed${why}`);
  }
  return { signers: [...signers.values()], failures };
}
