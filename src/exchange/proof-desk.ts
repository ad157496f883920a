// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../fhir/resource.ts';

/** What `$verify` asks of the log. `undefined`: there is no such version. */
export interface ProofDesk {
  /** A Parameters resource that says whether the stored version, its commitment, its leaf, the checkpoint and the ledger agree. */
  verify(type: string, id: string, version?: number): Promise<Resource | undefined>;
  /** The receipt: one JSON value that proves the version without this bridge, by a ledger that this participant is on. */
  receipt(participant: string, type: string, id: string, version?: number): Promise<unknown>;
}
