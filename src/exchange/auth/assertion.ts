// SPDX-License-Identifier: Apache-2.0
import { decodeJwt, decodeProtectedHeader, importJWK, type JWTPayload, jwtVerify } from 'jose';
import { type Db, sql } from '../../store/sql/database.ts';
import type { Client, ClientRegistry } from './clients.ts';
import { OAuthError } from './errors.ts';

/** SMART Backend Services: "expiration time … no more than five minutes in the future". */
const MAX_LIFE_S = 300;
/** How far the client's clock may be off. */
export const SKEW_S = 30;
const MAX_ASSERTION_CHARS = 16_384;

export interface AssertionRules {
  /** Believes a `private_key_jwt` (RFC 7523) once. Throws OAuthError invalid_client. */
  authenticate(assertion: string): Promise<Client>;
}

// One text for all: whoever guesses at client ids learns nothing from it. The log line of the operator has the reason.
function refuse(reason: string): OAuthError {
  return new OAuthError('invalid_client', 'the client assertion was not accepted', {
    cause: new Error(reason),
  });
}

export function assertionRules(
  clients: ClientRegistry,
  db: Db,
  audience: () => string,
  now: () => number,
): AssertionRules {
  return {
    async authenticate(assertion) {
      const { client, claims } = await verifySignature(assertion, clients, audience(), now());
      await spend(db, client.id, claims, now());
      return client;
    },
  };
}

async function verifySignature(
  assertion: string,
  clients: ClientRegistry,
  audience: string,
  nowMs: number,
): Promise<{ client: Client; claims: JWTPayload }> {
  if (assertion.length > MAX_ASSERTION_CHARS) throw refuse('too long');
  const { kid, id } = namesOf(assertion);
  const client = await clients.find(id);
  if (!client?.active) throw refuse(client ? 'the client is suspended' : 'no such client');
  const key = client.keys.find((each) => each.kid === kid);
  if (!key) throw refuse('no registered key has this kid');
  try {
    const { payload } = await jwtVerify(assertion, await importJWK(key.jwk, key.algorithm), {
      // Pinned to the registered key: neither `none` nor a public key taken for an HMAC secret can pass (RFC 8725 §2.1).
      algorithms: [key.algorithm],
      audience,
      issuer: client.id,
      subject: client.id,
      clockTolerance: SKEW_S,
      currentDate: new Date(nowMs),
      requiredClaims: ['exp', 'jti'],
    });
    return { client, claims: payload };
  } catch (cause) {
    throw refuse((cause as Error).message);
  }
}

/** What the unverified assertion says of itself: only good for finding the key to check it with. */
function namesOf(assertion: string): { kid: string; id: string } {
  try {
    const { kid } = decodeProtectedHeader(assertion);
    const { iss } = decodeJwt(assertion);
    if (typeof kid === 'string' && typeof iss === 'string') return { kid, id: iss };
  } catch {
    throw refuse('not a JWT');
  }
  throw refuse('kid or iss is missing');
}

/** Marks the assertion as used. The row's unique key decides between two that come at the same moment, at any instance. */
async function spend(db: Db, client: string, claims: JWTPayload, nowMs: number): Promise<void> {
  const { exp, jti } = claims;
  const nowS = nowMs / 1000;
  if (typeof exp !== 'number' || exp > nowS + MAX_LIFE_S + SKEW_S) throw refuse('exp is too far away');
  if (typeof jti !== 'string' || jti.length === 0 || jti.length > 256 || jti.includes('\0')) {
    throw refuse('jti must have 1 to 256 characters');
  }
  const expiresAt = new Date((exp + 2 * SKEW_S) * 1000).toISOString();
  await sql`delete from client_assertion where expires_at < ${new Date(nowMs).toISOString()}`.execute(db);
  const { rows } = await sql`insert into client_assertion (client, jti, expires_at)
    values (${client}, ${jti}, ${expiresAt}) on conflict do nothing returning jti`.execute(db);
  if (rows.length === 0) throw refuse('the jti was used before');
}
