// SPDX-License-Identifier: Apache-2.0
import type { Signer } from '../explorer.ts';
import type { TrustedFabricLedger } from '../trust.ts';
import type { FabricCall } from './block-call.ts';
import type { FabricTransaction } from './block-transaction.ts';
import { Refuted, verifyCall, verifyEndorsements } from './verify-transaction.ts';

/** What the evidence must show: that this checkpoint was committed. `root` in base64. */
export interface ExpectedCheckpoint {
  readonly origin: string;
  readonly size: string;
  readonly root: string;
}

/** The transaction asks for this checkpoint, and what its endorsers let it write is the checkpoint. Answers that value. */
export function verifyCheckpoint(
  { call, id }: FabricTransaction,
  { chaincode }: TrustedFabricLedger,
  { origin, size, root }: ExpectedCheckpoint,
): Uint8Array {
  const [name, ...args] = textsOf(call);
  if (name !== 'records:Checkpoint') throw new Refuted('the transaction commits no checkpoint');
  if (args[0] !== origin) throw new Refuted('the transaction is about another log');
  if (args[1] !== size || args[2] !== root) throw new Refuted('the transaction commits another checkpoint');
  const key = ['', 'checkpoint', origin, size.padStart(20, '0'), ''].join('\u0000');
  const value = call?.writes.find((each) => each.namespace === chaincode && each.key === key)?.value;
  if (!value) throw new Refuted('the transaction writes no checkpoint');
  const written = readObject(value);
  if (written['origin'] !== origin || written['size'] !== size || written['root'] !== root)
    throw new Refuted('the transaction writes another checkpoint than it was asked to');
  if (written['transactionId'] !== id) throw new Refuted('the checkpoint names another transaction');
  return value;
}

/** The organizations' peers were asked for the checkpoint and have in their state what the transaction has written. */
export function verifyAttestation(
  query: FabricTransaction,
  trusted: TrustedFabricLedger,
  { origin, size }: ExpectedCheckpoint,
  committed: Uint8Array,
): readonly Signer[] {
  const call = verifyCall(query, trusted);
  if (JSON.stringify(textsOf(call)) !== JSON.stringify(['records:GetCheckpoint', origin, size]))
    throw new Refuted('the confirmation is of something else than this checkpoint');
  const { signers, failures } = verifyEndorsements(query, trusted);
  // Unlike a block nothing holds these together: each must stand by itself, so that every byte counts.
  if (failures.length > 0)
    throw new Refuted(`the confirmation has a wrong signature (${failures.join('; ')})`);
  if (!Buffer.from(call.response.payload).equals(committed))
    throw new Refuted('the organizations have committed another checkpoint, or not by this transaction');
  return signers;
}

function textsOf(call: FabricCall | undefined): string[] {
  return (call?.args ?? []).map((arg) => Buffer.from(arg).toString('utf8'));
}

function readObject(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
