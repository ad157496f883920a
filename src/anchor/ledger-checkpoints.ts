// SPDX-License-Identifier: Apache-2.0
import type { CommittedTransaction, Ledger } from '../ledger/ledger.ts';
import { toBase64 } from './base64.ts';
import { AnchorError } from './errors.ts';
import type { Checkpoint } from './log.ts';

/** A checkpoint as the contract keeps it. */
export interface LedgerCheckpoint {
  readonly origin: string;
  readonly size: number;
  /** base64 */
  readonly root: string;
  readonly transactionId: string;
  /** FHIR instant. */
  readonly timestamp: string;
}

/** The newest checkpoint of a log that the ledger has. */
export function latestOnLedger(
  ledger: Pick<Ledger, 'evaluate'>,
  origin: string,
): Promise<LedgerCheckpoint | undefined> {
  return ask(ledger, 'LatestCheckpoint', [origin]);
}

/** The checkpoint of this size that the ledger has. */
export function readCheckpoint(
  ledger: Pick<Ledger, 'evaluate'>,
  origin: string,
  size: number,
): Promise<LedgerCheckpoint | undefined> {
  return ask(ledger, 'GetCheckpoint', [origin, String(size)]);
}

/** `proof`: from the ledger's newest checkpoint to this one. The contract checks it before it commits. */
export function submitCheckpoint(
  ledger: Pick<Ledger, 'submit'>,
  origin: string,
  { size, root }: Checkpoint,
  proof: readonly Uint8Array[],
): Promise<CommittedTransaction> {
  const args = [origin, String(size), toBase64(root), JSON.stringify(proof.map(toBase64))];
  return ledger.submit({ contract: 'records', name: 'Checkpoint', args });
}

async function ask(
  ledger: Pick<Ledger, 'evaluate'>,
  name: string,
  args: readonly string[],
): Promise<LedgerCheckpoint | undefined> {
  const answer = Buffer.from(await ledger.evaluate({ contract: 'records', name, args })).toString('utf8');
  if (answer === '') return undefined;
  const { origin, size, root, transactionId, timestamp } = JSON.parse(answer) as Record<string, string>;
  if (!origin || !root || !transactionId || !timestamp || !Number.isSafeInteger(Number(size)))
    throw new AnchorError('LEDGER_DISAGREES', 'the ledger has a checkpoint in a form that is not ours');
  return { origin, size: Number(size), root, transactionId, timestamp };
}
