// SPDX-License-Identifier: Apache-2.0
import type { Request } from 'express';
import { FhirError } from '../../fhir/outcome.ts';
import type { AccessTokens, Grant } from '../auth/access-token.ts';
import type { ClientRegistry } from '../auth/clients.ts';

/** Who asks. Throws FhirError 401: no token, none of ours, over, or its client was suspended since. */
export async function authenticate(
  request: Request,
  tokens: AccessTokens,
  clients: ClientRegistry,
): Promise<Grant> {
  const [, token] = /^Bearer +([\w.~+/=-]+) *$/i.exec(request.headers.authorization ?? '') ?? [];
  const grant = token === undefined ? undefined : await tokens.verify(token);
  const client = grant && (await clients.find(grant.client));
  if (!grant || !client?.active || client.participant !== grant.participant) {
    throw FhirError.of(401, 'login', 'a valid bearer token is needed; see /.well-known/smart-configuration');
  }
  return grant;
}
