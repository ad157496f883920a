// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { LedgerError, type Transaction } from '../ledger.ts';

/** Who submits: on Fabric a certificate says so, here whoever opened the channel does. */
export interface Identity {
  readonly mspId: string;
  readonly name: string;
}

/** A transaction as its submitter asks for it. */
export interface Proposal {
  readonly id: string;
  readonly at: number;
  readonly identity: Identity;
  readonly transaction: Transaction;
}

/** As a peer limits a message. */
const MAX_PROPOSAL_BYTES = 4 * 1024 * 1024;

export function propose(transaction: Transaction, identity: Identity, at: number): Proposal {
  const sizeBytes =
    transaction.args.reduce((sum, arg) => sum + Buffer.byteLength(arg, 'utf8'), 0) +
    Object.values(transaction.transient ?? {}).reduce((sum, value) => sum + value.length, 0);
  if (sizeBytes > MAX_PROPOSAL_BYTES)
    throw new LedgerError(
      'TOO_LARGE',
      `a transaction of ${sizeBytes} bytes; at most ${MAX_PROPOSAL_BYTES} are taken`,
    );
  // As in Fabric: SHA-256 of a nonce and the creator.
  const id = createHash('sha256')
    .update(randomBytes(24))
    .update(`${identity.mspId}/${identity.name}`)
    .digest('hex');
  return { id, at, identity, transaction };
}
