// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, digest } from './canonical.ts';
import type { ConsentTerms } from './terms.ts';

export const SALT_BYTES = 32;

/** What a patient signs (canonical JSON): this change to this consent, and by the salted hash exactly these terms. */
export interface SignedChange {
  readonly action: 'grant' | 'revoke';
  readonly consent: string;
  readonly version: number;
  readonly termsHash: string;
}

/**
 * Commits to the terms and reveals nothing of them: the salt is secret and random. The pseudonym is left out, because the patient's
 * device doesn't know it; the patient's key stands for it, which the contract has registered under the pseudonym.
 */
export function termsHash(terms: Omit<ConsentTerms, 'subject'>, salt: Uint8Array): string {
  const { consent, version, status, custodian, provision } = terms;
  const text = canonicalJson({ consent, version, status, custodian, provision });
  return digest('mooring consent terms v1', salt, Buffer.from(text, 'utf8')).toString('base64url');
}

export function signedChange(terms: Omit<ConsentTerms, 'subject'>, salt: Uint8Array): SignedChange {
  return {
    action: terms.status === 'revoked' ? 'revoke' : 'grant',
    consent: terms.consent,
    version: terms.version,
    termsHash: termsHash(terms, salt),
  };
}

/** Commits to the details of one ticket; each of a transaction has a salt of its own, derived from the one that came with it. */
export function ticketCommitment(details: unknown, salt: Uint8Array): string {
  return digest('mooring access details v1', salt, Buffer.from(canonicalJson(details), 'utf8')).toString(
    'base64url',
  );
}
