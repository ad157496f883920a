// SPDX-License-Identifier: Apache-2.0
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { LedgerError } from '../ledger.ts';

/** RFC 8410 §7: what stands before the 32-byte seed in a PKCS #8 Ed25519 key. */
const PKCS8_ED25519_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The ledger's own keys, both derived from one secret: what signs blocks, and what seals private data at rest. */
export interface LedgerKeys {
  /** 32 bytes, raw Ed25519. */
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
  /** `context` is bound: a value can't be moved to another key. */
  seal(value: Uint8Array, context: string): Uint8Array;
  open(sealed: Uint8Array, context: string): Uint8Array;
}

export function deriveLedgerKeys(secret: Uint8Array): LedgerKeys {
  const signing = signingKey(derive(secret, 'mooring embedded ledger: block signatures'));
  const sealing = derive(secret, 'mooring embedded ledger: private data');
  const jwk = createPublicKey(signing).export({ format: 'jwk' });
  return {
    publicKey: Buffer.from(jwk.x ?? '', 'base64url'),
    sign: (bytes) => sign(null, bytes, signing),
    seal: (value, context) => seal(sealing, value, context),
    open: (sealed, context) => open(sealing, sealed, context),
  };
}

function derive(secret: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), purpose, 32));
}

function signingKey(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_ED25519_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}

function seal(key: Buffer, value: Uint8Array, context: string): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context, 'utf8'));
  const body = Buffer.concat([cipher.update(value), cipher.final()]);
  return Buffer.concat([nonce, body, cipher.getAuthTag()]);
}

function open(key: Buffer, sealed: Uint8Array, context: string): Uint8Array {
  const bytes = Buffer.from(sealed);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(context, 'utf8')).setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new LedgerError(
      'UNAVAILABLE',
      'private data of the ledger were changed or sealed with another secret',
      {
        cause,
      },
    );
  }
}
