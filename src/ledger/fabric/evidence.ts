// SPDX-License-Identifier: Apache-2.0
import { LedgerError, type LedgerEvidence } from '../ledger.ts';
import { readBlock, withoutNotes } from './block.ts';
import type { FabricCall } from './block-call.ts';
import { openEnvelope } from './block-transaction.ts';
import type { FabricQueries } from './queries.ts';

/** Everything an outsider needs besides the organizations' certificates: bytes in base64. */
export interface FabricEvidence extends LedgerEvidence {
  readonly kind: 'fabric';
  readonly transactionId: string;
  /** A `common.Block` without what peers note in it: of its metadata only the orderers' signatures. */
  readonly block: string;
  /**
   * Of a checkpoint: the `common.Payload` of an endorsed query for it. That a transaction was valid is each peer's own finding and
   * stands signed nowhere; a transaction that lost against another one is in a block, too. What peers have in their state was valid.
   */
  readonly attestation?: string;
}

/** The evidence of a valid transaction. Throws LedgerError TRANSACTION_NOT_FOUND, also for one that was found not to be valid. */
export async function makeFabricEvidence(
  queries: Pick<FabricQueries, 'blockOf' | 'endorsed'>,
  transactionId: string,
): Promise<FabricEvidence> {
  const bytes = await queries.blockOf(transactionId);
  const entry = bytes && readBlock(bytes).transactions.find((each) => each.transaction?.id === transactionId);
  if (!entry) throw new LedgerError('TRANSACTION_NOT_FOUND', `no transaction ${transactionId} on the ledger`);
  if (entry.validation !== 'VALID')
    throw new LedgerError('TRANSACTION_NOT_FOUND', `transaction ${transactionId} is ${entry.validation}`);
  const [origin, size] = checkpointOf(entry.transaction?.call) ?? [];
  const query = { contract: 'records', name: 'GetCheckpoint', args: [origin ?? '', size ?? ''] } as const;
  return {
    kind: 'fabric',
    transactionId,
    block: base64(withoutNotes(bytes)),
    ...(origin === undefined
      ? {}
      : { attestation: base64(openEnvelope(await queries.endorsed(query)).payload) }),
  };
}

/** Origin, size and root, where the call commits a checkpoint. */
export function checkpointOf(call: FabricCall | undefined): readonly string[] | undefined {
  const [name, ...args] = (call?.args ?? []).map((arg) => Buffer.from(arg).toString('utf8'));
  return name === 'records:Checkpoint' ? args.slice(0, 3) : undefined;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
