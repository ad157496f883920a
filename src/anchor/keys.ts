// SPDX-License-Identifier: Apache-2.0
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { fromBase64, toBase64 } from './base64.ts';
import { AnchorError } from './errors.ts';

/** C2SP signed-note: the type of plain Ed25519 signatures. */
const ED25519 = 0x01;
const SEED_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** RFC 8410 §7 and §4: what stands before the 32 bytes of an Ed25519 key in PKCS #8 and in SPKI. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** Checks the signatures of one key of one name. */
export interface Verifier {
  readonly name: string;
  /** 8 hexadecimal digits. */
  readonly keyId: string;
  verify(text: Uint8Array, signature: Uint8Array): boolean;
}

export interface Signer {
  readonly name: string;
  readonly keyId: string;
  /** `<name>+<key id>+<base64 of type and public key>`: what others need to check what this signs. */
  readonly verifierKey: string;
  sign(text: Uint8Array): Uint8Array;
}

/** Signs in a name with the Ed25519 key of this 32-byte seed (RFC 8032 §5.1.5). */
export function openSigner(name: string, seed: Uint8Array): Signer {
  if (!isKeyName(name)) throw new AnchorError('KEY_INVALID', 'a key name has no spaces and no +');
  if (seed.length !== SEED_BYTES)
    throw new AnchorError('KEY_INVALID', `a signing seed has ${SEED_BYTES} bytes`);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
  const keyId = keyIdOf(name, publicKey);
  return {
    name,
    keyId,
    verifierKey: `${name}+${keyId}+${toBase64(Buffer.concat([Uint8Array.of(ED25519), publicKey]))}`,
    sign: (text) => sign(null, text, key),
  };
}

/** Reads a verifier key. Throws AnchorError('KEY_INVALID') unless its parts belong together. */
export function openVerifier(verifierKey: string): Verifier {
  // The base64 part may contain a plus, the other two can't.
  const [, name, keyId, encoded] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/su.exec(verifierKey) ?? [];
  const bytes = fromBase64(encoded, 1 + 32);
  if (name === undefined || keyId === undefined || !bytes || !isKeyName(name))
    throw new AnchorError('KEY_INVALID', 'a verifier key is <name>+<8 hex digits>+<base64>');
  if (bytes[0] !== ED25519)
    throw new AnchorError('KEY_INVALID', `the verifier key of ${name} is not an Ed25519 key`);
  const publicKey = bytes.subarray(1);
  if (keyIdOf(name, publicKey) !== keyId)
    throw new AnchorError('KEY_INVALID', `the verifier key of ${name} has the id of another key`);
  const key = publicKeyOf(publicKey);
  return {
    name,
    keyId,
    verify: (text, signature) => signature.length === SIGNATURE_BYTES && verify(null, text, key, signature),
  };
}

export function isKeyName(name: string): boolean {
  return name !== '' && !/[\s+\p{Cc}\p{Surrogate}]/u.test(name);
}

function keyIdOf(name: string, publicKey: Uint8Array): string {
  const hash = createHash('sha256')
    .update(`${name}\n`, 'utf8')
    .update(Uint8Array.of(ED25519))
    .update(publicKey);
  return hash.digest('hex').slice(0, 8);
}

function publicKeyOf(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
}
