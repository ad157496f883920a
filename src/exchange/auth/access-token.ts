// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import type { Client } from './clients.ts';
import { parseScopes, printScopes, type Scope } from './scopes.ts';

/** What a bearer token proves: who asks, for whom, to do what. Not that they may see anything: consent is asked each time. */
export interface Grant {
  readonly client: string;
  readonly participant: string;
  readonly scopes: readonly Scope[];
  readonly purpose: string;
  readonly expiresAtMs: number;
}

export interface AccessTokens {
  issue(
    client: Client,
    scopes: readonly Scope[],
    purpose: string,
  ): Promise<{ token: string; lifeSeconds: number }>;
  /** `undefined`: not ours, changed, or over. */
  verify(token: string): Promise<Grant | undefined>;
}

export const TOKEN_LIFE_S = 300;
const MAX_TOKEN_CHARS = 8_192;
const MAX_REMEMBERED = 5_000;

/**
 * Compact JWTs that only this organization's bridges can make and read (HS256 with a secret of the keyring). A verified token is
 * remembered by its hash until it ends, so that a client's thousandth request costs one digest.
 */
export function accessTokens(secret: Uint8Array, issuer: () => string, now: () => number): AccessTokens {
  const remembered = new Map<string, Grant>();

  async function check(token: string): Promise<Grant | undefined> {
    try {
      const { payload } = await jwtVerify(token, secret, {
        algorithms: ['HS256'],
        typ: 'at+jwt',
        issuer: issuer(),
        audience: `${issuer()}/fhir`,
        currentDate: new Date(now()),
        requiredClaims: ['exp', 'sub', 'participant', 'scope', 'purpose'],
      });
      return {
        client: String(payload.sub),
        participant: String(payload['participant']),
        scopes: parseScopes(String(payload['scope'])).scopes,
        purpose: String(payload['purpose']),
        expiresAtMs: Number(payload.exp) * 1000,
      };
    } catch {
      return undefined;
    }
  }

  return {
    async issue(client, scopes, purpose) {
      const issuedAt = Math.floor(now() / 1000);
      const token = await new SignJWT({
        participant: client.participant,
        scope: printScopes(scopes),
        purpose,
      })
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
        .setIssuer(issuer())
        .setAudience(`${issuer()}/fhir`)
        .setSubject(client.id)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + TOKEN_LIFE_S)
        .sign(secret);
      return { token, lifeSeconds: TOKEN_LIFE_S };
    },
    async verify(token) {
      if (token.length > MAX_TOKEN_CHARS) return undefined;
      const hash = createHash('sha256').update(token).digest('base64');
      const known = remembered.get(hash);
      if (known) {
        if (known.expiresAtMs > now()) return known;
        remembered.delete(hash);
        return undefined;
      }
      const grant = await check(token);
      if (!grant) return undefined;
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(hash, grant);
      return grant;
    },
  };
}
