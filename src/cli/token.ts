// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { importJWK, type JWK, SignJWT } from 'jose';
import type { AddCommand } from './terminal.ts';

interface TokenOptions {
  client: string;
  key: string;
  url: string;
  scope: string;
  purpose?: string;
}

const ASSERTION_LIFE_S = 60;

/** `mooring token`: what a client of one's own does to get a bearer token (SMART Backend Services), printed for curl. */
export const addToken: AddCommand = (program, terminal) => {
  program
    .command('token')
    .description('print a bearer token for a client whose private key is at hand')
    .requiredOption('--client <id>', 'the client_id')
    .requiredOption('--key <file>', 'its private key as a JWK, as "clients add --generate-key" wrote it')
    .option('--url <url>', 'the bridge', 'http://127.0.0.1:8080')
    .option('--scope <scopes>', 'what to ask for; what is not registered is left out', 'system/*.cruds')
    .option('--purpose <code>', 'v3 PurposeOfUse; default: the first that the client is registered for')
    .action(async (options: TokenOptions) => terminal.out(await askToken(options)));
};

export async function askToken({ client, key, url, scope, purpose }: TokenOptions): Promise<string> {
  const jwk = JSON.parse(await readFile(key, 'utf8')) as JWK;
  const endpoint = await tokenEndpoint(url);
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertion(client, jwk, endpoint),
    scope,
    ...(purpose === undefined ? {} : { purpose_of_use: purpose }),
  });
  const response = await fetch(endpoint, { method: 'POST', body: form });
  const answer = (await response.json()) as {
    access_token?: string;
    error?: string;
    error_description?: string;
  };
  if (answer.access_token === undefined)
    throw new Error(`${endpoint} answered ${response.status}: ${answer.error}, ${answer.error_description}`);
  return answer.access_token;
}

/** The bridge knows by which name it is to be addressed in the assertion. */
async function tokenEndpoint(url: string): Promise<string> {
  const response = await fetch(`${url}/.well-known/smart-configuration`);
  if (!response.ok) throw new Error(`${url}/.well-known/smart-configuration answered ${response.status}`);
  const { token_endpoint: endpoint } = (await response.json()) as { token_endpoint?: string };
  if (endpoint === undefined) throw new Error(`${url} names no token endpoint`);
  return endpoint;
}

async function assertion(client: string, jwk: JWK, audience: string): Promise<string> {
  const algorithm = jwk.alg ?? (jwk.kty === 'RSA' ? 'RS384' : 'ES384');
  if (jwk.kid === undefined) throw new Error('the key has no kid: use the one under which it was registered');
  return new SignJWT({})
    .setProtectedHeader({ alg: algorithm, kid: jwk.kid, typ: 'JWT' })
    .setIssuer(client)
    .setSubject(client)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${ASSERTION_LIFE_S}s`)
    .sign(await importJWK(jwk, algorithm));
}
