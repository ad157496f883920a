// SPDX-License-Identifier: Apache-2.0
import { fromBase64, toBase64 } from './base64.ts';
import { AnchorError } from './errors.ts';
import { openVerifier, type Verifier } from './keys.ts';

/** Whom a verifier believes, as JSON: verifier keys of logs, and keys of ledgers. */
export interface TrustFile {
  readonly logKeys: readonly string[];
  readonly ledgers: readonly TrustedLedger[];
}

/** Each kind of ledger is believed in its own way; one more kind is one more member here. */
export type TrustedLedger = {
  readonly kind: 'embedded';
  /** Raw Ed25519, base64. */
  readonly publicKey: string;
};

/** The same, read: ready to check with. */
export interface Trust {
  readonly verifiers: readonly Verifier[];
  readonly ledgers: readonly TrustedLedger[];
}

/** What a bridge says of itself. To believe it because the bridge says so is trust on first use, and no more. */
export function trustOf(log: { readonly verifierKey: string }, ledgerPublicKey: Uint8Array): TrustFile {
  return {
    logKeys: [log.verifierKey],
    ledgers: [{ kind: 'embedded', publicKey: toBase64(ledgerPublicKey) }],
  };
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
  const { kind, publicKey } = (value ?? {}) as Record<string, unknown>;
  if (kind !== 'embedded')
    throw new AnchorError('KEY_INVALID', `ledgers[${at}] is of a kind that this program does not know`);
  if (!fromBase64(publicKey, 32))
    throw new AnchorError('KEY_INVALID', `ledgers[${at}].publicKey is not 32 bytes in base64`);
  return { kind, publicKey: publicKey as string };
}
