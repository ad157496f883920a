// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExpectedCheckpoint } from '../../../src/anchor/verify-receipt.ts';
import type { LedgerEvidence } from '../../../src/ledger/ledger.ts';
import type { TrustedFabricLedger } from '../../../src/ledger/trust.ts';

/** What a real network of three organizations and three orderers once said; record.ts says how to record it anew. */
export interface Recorded {
  readonly trusted: TrustedFabricLedger;
  readonly expected: ExpectedCheckpoint;
  /** That committed the expected checkpoint. */
  readonly transactionId: string;
  readonly evidence: LedgerEvidence;
  /** In base64, as a peer has them: the channel's first, one of Fabric's own chaincode, and one with a transaction that lost. */
  readonly blocks: { readonly first: string; readonly deployment: string; readonly conflict: string };
}

export function readRecorded(): Recorded {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'channel.json'), 'utf8')) as Recorded;
}
