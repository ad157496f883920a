// SPDX-License-Identifier: Apache-2.0
import { readTrustedLedger } from '../ledger/read-trust.ts';
import type { TrustedLedger } from '../ledger/trust.ts';
import { AnchorError } from './errors.ts';
import { openVerifier, type Verifier } from './keys.ts';

/** Whom a verifier believes, as JSON: verifier keys of logs, and keys or certificates of ledgers. */
export interface TrustFile {
  readonly logKeys: readonly string[];
  readonly ledgers: readonly TrustedLedger[];
}

/** The same, read: ready to check with. */
export interface Trust {
  readonly verifiers: readonly Verifier[];
  readonly ledgers: readonly TrustedLedger[];
}

/** What a bridge says of itself. To believe it because the bridge says so is trust on first use, and no more. */
export function trustOf(log: { readonly verifierKey: string }, ledgers: readonly TrustedLedger[]): TrustFile {
  return { logKeys: [log.verifierKey], ledgers };
}

/** Throws AnchorError('KEY_INVALID') naming what is wrong, rather than trusting less than the file seems to say. */
export function readTrust(value: unknown): Trust {
  const { logKeys, ledgers } = (value ?? {}) as Record<string, unknown>;
  if (!Array.isArray(logKeys) || !Array.isArray(ledgers))
    throw new AnchorError('KEY_INVALID', 'a trust file has the lists logKeys and ledgers');
  return {
    verifiers: logKeys.map((key: unknown) => openVerifier(String(key))),
    ledgers: ledgers.map(readLedger),
  };
}

function readLedger(value: unknown, at: number): TrustedLedger {
  try {
    return readTrustedLedger(value);
  } catch (cause) {
    throw new AnchorError('KEY_INVALID', `ledgers[${at}]: ${(cause as Error).message}`, { cause });
  }
}
