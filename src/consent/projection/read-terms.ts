// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import type { ConsentTerms } from '@mooring/chaincode/terms';
import { type Ledger, LedgerError } from '../../ledger/ledger.ts';
import { listConsents, readConsentVersion } from '../calls.ts';
import type { KnownConsent } from './changes.ts';

/** Private data reach a peer apart from the block, most often a moment after it. */
const WAITS_MS: readonly number[] = [50, 400];

interface Version {
  readonly subject: string;
  readonly consent: string;
  readonly version: number;
}

/**
 * The terms of one version as the own peer has them. `erased` is final: the peer answered, and there are none any more. `undefined`
 * is not: the peer has the block and not yet what belongs to it (which it refuses to answer, rather than answering nothing).
 * Throws LedgerError when no peer can be asked at all.
 */
export async function readVersionTerms(
  ledger: Ledger,
  version: Version,
  waitsMs = WAITS_MS,
): Promise<ConsentTerms | 'erased' | undefined> {
  for (const waitMs of [...waitsMs, undefined]) {
    try {
      const found = await readConsentVersion(ledger, version.subject, version.consent, version.version);
      if (found) return found.terms ?? 'erased';
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      // Whatever the code: a ledger that says how far it is, is there, and it is this version that can't be had.
      await ledger.height();
    }
    if (waitMs !== undefined) await delay(waitMs);
  }
  return undefined;
}

/** The newest version of each consent of a subject; what was erased is not among them. Throws LedgerError. */
export async function readNewest(ledger: Ledger, subject: string): Promise<readonly KnownConsent[]> {
  const found = await listConsents(ledger, subject);
  return found.flatMap(({ consent, version, status, terms }) =>
    terms ? [{ subject, consent, version, status, terms }] : [],
  );
}
