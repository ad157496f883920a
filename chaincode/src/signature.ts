// SPDX-License-Identifier: Apache-2.0
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { asObject, readJson } from './arguments.ts';
import { canonicalJson } from './canonical.ts';
import { ContractError } from './errors.ts';

/** Media type in the JWS header: a signature made for anything else is none here (RFC 8725 §3.11, explicit typing). */
export const CONSENT_JWS_TYPE = 'mooring-consent+jws';
export const KEY_JWS_TYPE = 'mooring-key+jws';

/** An ES256 public key (RFC 7518 §6.2) with nothing else in it. */
export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

/** RFC 7518 §6.2.1.2: all 32 bytes of a coordinate; a shorter spelling is the same key to one library and none to another. */
const COORDINATE = /^[\w-]{43}$/;

/** Takes the public members of a P-256 JWK. Throws ContractError('KEY_INVALID'), also for a point that is not on the curve. */
export function readPublicJwk(text: string): PublicJwk {
  const { kty, crv, x, y, d } = asObject(readJson(text, 'key'), 'key');
  if (d !== undefined) throw new ContractError('KEY_INVALID', 'the key is a private one');
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string')
    throw new ContractError('KEY_INVALID', 'the key is no P-256 JWK');
  if (!COORDINATE.test(x) || !COORDINATE.test(y))
    throw new ContractError('KEY_INVALID', 'a coordinate of the key is not 32 bytes in base64url');
  const jwk: PublicJwk = { kty, crv, x, y };
  keyObject(jwk);
  return jwk;
}

/** RFC 7638. */
export function thumbprint(jwk: PublicJwk): string {
  const { crv, kty, x, y } = jwk;
  return createHash('sha256').update(canonicalJson({ crv, kty, x, y })).digest('base64url');
}

/**
 * Verifies a compact JWS with detached payload (RFC 7515 appendix F): `header..signature`, ES256 over the canonical JSON of
 * `payload`. The header may say the algorithm and the type and nothing else. Throws ContractError('SIGNATURE_INVALID').
 */
export function verifyDetached(jws: string, type: string, payload: unknown, jwk: PublicJwk): void {
  const [header, detached, signature, ...rest] = jws.length <= 1024 ? jws.split('.') : [];
  if (!header || detached !== '' || !signature || rest.length > 0)
    throw new ContractError('SIGNATURE_INVALID', 'the signature is no compact JWS with detached payload');
  if (!isHeader(header, type))
    throw new ContractError(
      'SIGNATURE_INVALID',
      `the JWS header must say ES256 and ${type} and nothing else`,
    );
  const raw = Buffer.from(signature, 'base64url');
  const input = `${header}.${Buffer.from(canonicalJson(payload), 'utf8').toString('base64url')}`;
  const key = { key: keyObject(jwk), dsaEncoding: 'ieee-p1363' as const };
  if (
    raw.length !== 64 ||
    raw.toString('base64url') !== signature ||
    !verify('sha256', Buffer.from(input), key, raw)
  )
    throw new ContractError('SIGNATURE_INVALID', 'the signature does not verify with the registered key');
}

function isHeader(encoded: string, type: string): boolean {
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
  } catch {
    return false;
  }
  if (typeof header !== 'object' || header === null) return false;
  const { alg, typ, ...others } = header as Record<string, unknown>;
  return alg === 'ES256' && typ === type && Object.keys(others).length === 0;
}

function keyObject(jwk: PublicJwk): KeyObject {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch (cause) {
    throw new ContractError('KEY_INVALID', 'the key is no point of P-256', { cause });
  }
}
