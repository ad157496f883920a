// SPDX-License-Identifier: Apache-2.0
import type { Ledger, LedgerEvidence } from '../ledger.ts';
import { deadline, QUERY_MS } from './deadlines.ts';
import { followBlocks } from './follow.ts';
import { type ChaincodeOnChannel, propose, titleOf } from './proposal.ts';
import type { FabricQueries } from './queries.ts';
import { repeat } from './repeat.ts';
import { submitTransaction } from './submit.ts';

export interface FabricLedgerOptions {
  readonly on: ChaincodeOnChannel;
  readonly queries: FabricQueries;
  /** Ends followers. */
  readonly closing: AbortSignal;
  readonly evidence: (transactionId: string) => Promise<LedgerEvidence>;
}

/** The port `Ledger` on a Fabric channel. */
export function fabricLedger({ on, queries, closing, evidence }: FabricLedgerOptions): Ledger {
  const { peers, chaincode } = on;
  return {
    submit: (transaction) => submitTransaction(on, transaction),
    evaluate: (transaction) =>
      repeat(titleOf(transaction), peers.peers.mspId, () =>
        peers.ask((network) => propose(network, chaincode, transaction).evaluate(deadline(QUERY_MS))),
      ),
    follow: (from, signal) => followBlocks(peers, chaincode, from, AbortSignal.any([signal, closing])),
    evidence,
    height: async () => (await queries.chainInfo()).height,
  };
}
