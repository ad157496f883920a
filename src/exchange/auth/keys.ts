// SPDX-License-Identifier: Apache-2.0
import { importJWK, type JWK } from 'jose';
import { ClientError } from './errors.ts';

/** SMART Backend Services asks servers for at least these two, and clients for one of them. */
export const ALGORITHMS = ['ES384', 'RS384'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export interface PublicKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly jwk: JWK;
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;
const MAX_KEYS = 16;
/** NIST SP 800-57: 2048 bits and more. */
const MIN_RSA_BITS = 2048;

/** Reads a JWK Set for registration. Throws ClientError naming the key that can't be used; a private key is refused, so that none is ever kept. */
export async function readKeySet(value: unknown): Promise<PublicKey[]> {
  const keys = (value as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) {
    throw new ClientError('CLIENT_INVALID', `jwks: expected {"keys": [...]} with 1 to ${MAX_KEYS} keys`);
  }
  const read = await Promise.all(keys.map((key, index) => readKey(key, `jwks.keys[${index}]`)));
  if (new Set(read.map((key) => key.kid)).size !== read.length) {
    throw new ClientError('CLIENT_INVALID', 'jwks: two keys have the same kid');
  }
  return read;
}

async function readKey(value: unknown, where: string): Promise<PublicKey> {
  const refuse = (why: string): never => {
    throw new ClientError('CLIENT_INVALID', `${where}: ${why}`);
  };
  if (typeof value !== 'object' || value === null) return refuse('expected a key');
  const jwk = value as JWK;
  if (typeof jwk.kid !== 'string' || jwk.kid.length === 0 || jwk.kid.length > 200) {
    return refuse('kid: expected 1 to 200 characters');
  }
  if (PRIVATE_MEMBERS.some((member) => member in jwk))
    return refuse('a private or secret key must stay with the client');
  const algorithm = algorithmOf(jwk);
  if (!algorithm || (jwk.alg !== undefined && jwk.alg !== algorithm)) {
    return refuse('expected a P-384 key (ES384) or an RSA key (RS384)');
  }
  const bits = Buffer.from(typeof jwk.n === 'string' ? jwk.n : '', 'base64url').length * 8;
  if (algorithm === 'RS384' && bits < MIN_RSA_BITS) return refuse(`RSA keys need ${MIN_RSA_BITS} bits`);
  try {
    await importJWK(jwk, algorithm);
  } catch {
    return refuse('the key is malformed');
  }
  const kept = algorithm === 'ES384' ? { crv: 'P-384', x: jwk.x!, y: jwk.y! } : { n: jwk.n!, e: jwk.e! };
  return { kid: jwk.kid, algorithm, jwk: { kty: jwk.kty!, kid: jwk.kid, alg: algorithm, ...kept } as JWK };
}

/** The algorithm is the key's, never the caller's choice (RFC 8725 §3.1). */
function algorithmOf(jwk: JWK): Algorithm | undefined {
  if (jwk.kty === 'EC' && jwk.crv === 'P-384') return 'ES384';
  return jwk.kty === 'RSA' ? 'RS384' : undefined;
}
