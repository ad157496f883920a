// SPDX-License-Identifier: Apache-2.0
import { fromBase64 } from '../../anchor/base64.ts';
import type { Signer } from '../explorer.ts';
import type { TrustedFabricLedger } from '../trust.ts';
import { type FabricBlock, readBlock, withoutNotes } from './block.ts';
import type { FabricTransaction } from './block-transaction.ts';
import { readPayload } from './block-transaction.ts';
import { certify, isSignedBy, NotCertified } from './certificates.ts';
import { type ExpectedCheckpoint, verifyAttestation, verifyCheckpoint } from './verify-checkpoint.ts';
import { Refuted, verifyEndorsements, verifyTransaction } from './verify-transaction.ts';
import { BlockError } from './wire.ts';

export type FabricVerdict =
  | {
      readonly ok: true;
      /** For people: who endorsed it, where it stands, when. */
      readonly detail: string;
      readonly blockNumber: string;
      readonly transactionId: string;
      /** Epoch milliseconds that the submitter put on the transaction. */
      readonly at: number;
      readonly endorsers: readonly Signer[];
      readonly orderers: readonly Signer[];
      readonly attestedBy: readonly Signer[];
    }
  | { readonly ok: false; readonly reason: string };

/**
 * Does the evidence show that the trusted organizations' channel has committed this checkpoint? Needs nothing but its arguments; the
 * evidence may come from anyone, and every byte of it counts. docs/receipts.md lists what is checked, in this order.
 */
export function verifyFabricEvidence(
  evidence: unknown,
  trusted: TrustedFabricLedger,
  expected: ExpectedCheckpoint,
): FabricVerdict {
  try {
    return verifyOrThrow(evidence, trusted, expected);
  } catch (error) {
    const ours = error instanceof Refuted || error instanceof BlockError || error instanceof NotCertified;
    return { ok: false, reason: ours ? error.message : "the ledger evidence can't be read" };
  }
}

function verifyOrThrow(
  evidence: unknown,
  trusted: TrustedFabricLedger,
  expected: ExpectedCheckpoint,
): FabricVerdict {
  const { transactionId, block: bytes, attestation } = readEvidence(evidence);
  const block = readBlock(bytes);
  if (!Buffer.from(withoutNotes(bytes)).equals(bytes))
    throw new Refuted('the block has notes in it that nobody has signed');
  if (!block.hasDataHash) throw new Refuted('the transactions are not those of the block');
  // Of two with one id the peers take the first.
  const found = block.transactions.find(({ transaction }) => transaction?.id === transactionId)?.transaction;
  if (!found) throw new Refuted('the transaction is not in the block');
  const orderers = verifyOrderers(block, trusted, found);
  verifyTransaction(found, trusted);
  const { signers: endorsers } = verifyEndorsements(found, trusted);
  const committed = verifyCheckpoint(found, trusted, expected);
  const attestedBy = verifyAttestation(readPayload(attestation, EMPTY), trusted, expected, committed);
  const blockNumber = block.number.toString();
  const at = found.at;
  const where = `in block ${blockNumber} of ${trusted.channel}, transaction ${transactionId}`;
  const who = `endorsed by ${list(endorsers)}, ordered by ${list(orderers)}, confirmed by ${list(attestedBy)}`;
  const detail = `${where}; ${who}; all certificates valid at ${new Date(at).toISOString()}`;
  return { ok: true, detail, blockNumber, transactionId, at, endorsers, orderers, attestedBy };
}

const EMPTY = new Uint8Array(0);
const MEMBERS = ['attestation', 'block', 'kind', 'transactionId'];

function readEvidence(value: unknown) {
  const evidence = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { kind, transactionId } = evidence;
  const block = fromBase64(evidence['block']);
  if (kind !== 'fabric' || typeof transactionId !== 'string' || !block)
    throw new Refuted('the ledger evidence is not in the form of a Fabric channel');
  const attestation = fromBase64(evidence['attestation']);
  if (!attestation) throw new Refuted('nobody confirms in the evidence that the transaction was valid');
  if (Object.keys(evidence).sort().join() !== MEMBERS.join())
    throw new Refuted('the ledger evidence has members that mean nothing');
  return { transactionId, block, attestation };
}

/** All who signed the block must be trusted orderers; with Raft it is one. */
function verifyOrderers(
  { signatures }: FabricBlock,
  trusted: TrustedFabricLedger,
  { at }: FabricTransaction,
): Signer[] {
  if (signatures.length === 0) throw new Refuted('no orderer has signed the block');
  return signatures.map((each) => {
    const certified = certify(each.signer, trusted.orderers, at, ['orderer']);
    if (!isSignedBy(certified, each)) throw new Refuted('the block is not signed by the orderer it names');
    return certified.signer;
  });
}

function list(signers: readonly Signer[]): string {
  return signers.map(({ mspId, name }) => (name === undefined ? mspId : `${mspId} (${name})`)).join(' and ');
}
