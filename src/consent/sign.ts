// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, generateKeyPairSync, type JsonWebKey, randomBytes, sign } from 'node:crypto';
import { canonicalJson } from '@mooring/chaincode/canonical';
import { SALT_BYTES, signedChange } from '@mooring/chaincode/commitment';
import { CONSENT_JWS_TYPE } from '@mooring/chaincode/signature';
import type { Resource } from '../fhir/resource.ts';
import { CONSENT_SIGNATURE_TYPE, SALT_EXTENSION, SIGNATURE_EXTENSION, VERSION_EXTENSION } from './names.ts';
import type { Json } from './read.ts';
import { readConsent } from './terms.ts';

export interface SigningOptions {
  /** One more than the version before; 1 for a new consent. */
  readonly version: number;
  /** Epoch milliseconds, for `Signature.when`. */
  readonly at: number;
  /** 32 secret random bytes, new for each version; made when absent. */
  readonly salt?: Uint8Array;
}

/**
 * What a patient's device does: puts version, salt and the patient's signature into a Consent. Everything it needs is in the
 * Consent; the pseudonym stays with the bridge. Throws FhirError for a Consent that the bridge would refuse anyway.
 */
export function signConsent(consent: Resource, privateJwk: JsonWebKey, options: SigningOptions): Resource {
  const { version, at, salt = randomBytes(SALT_BYTES) } = options;
  const prepared: Resource = {
    ...consent,
    extension: [
      ...otherExtensions(consent),
      { url: VERSION_EXTENSION, valuePositiveInt: version },
      { url: SALT_EXTENSION, valueBase64Binary: Buffer.from(salt).toString('base64') },
    ],
  };
  const { terms } = readConsent(prepared);
  const jws = detachedJws(signedChange({ ...terms, version }, salt), privateJwk, CONSENT_JWS_TYPE);
  const valueSignature = {
    type: [CONSENT_SIGNATURE_TYPE],
    when: new Date(at).toISOString(),
    who: prepared['patient'],
    sigFormat: 'application/jose',
    data: Buffer.from(jws, 'utf8').toString('base64'),
  };
  return {
    ...prepared,
    extension: [...(prepared['extension'] as Json[]), { url: SIGNATURE_EXTENSION, valueSignature }],
  };
}

/** Compact JWS with the payload taken out (RFC 7515 appendix F), ES256 over the payload's canonical JSON. */
export function detachedJws(payload: unknown, privateJwk: JsonWebKey, type: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: type }), 'utf8').toString('base64url');
  const body = Buffer.from(canonicalJson(payload), 'utf8').toString('base64url');
  const key = createPrivateKey({ key: privateJwk, format: 'jwk' });
  const signature = sign('sha256', Buffer.from(`${header}.${body}`), { key, dsaEncoding: 'ieee-p1363' });
  return `${header}..${signature.toString('base64url')}`;
}

/** A patient's new key pair: the private JWK stays on the device, the public one is enrolled. */
export function generatePatientKey(): { privateJwk: JsonWebKey; publicJwk: JsonWebKey } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateJwk: privateKey.export({ format: 'jwk' }), publicJwk: publicKey.export({ format: 'jwk' }) };
}

function otherExtensions(consent: Resource): Json[] {
  const ours = [VERSION_EXTENSION, SALT_EXTENSION, SIGNATURE_EXTENSION];
  const all = Array.isArray(consent['extension']) ? (consent['extension'] as Json[]) : [];
  return all.filter(({ url }) => !ours.includes(String(url)));
}
