// SPDX-License-Identifier: Apache-2.0
import type { Request, RequestHandler } from 'express';
import { FhirError } from '../../fhir/outcome.ts';
import type { AccessTokens, Grant } from '../auth/access-token.ts';
import type { ClientRegistry } from '../auth/clients.ts';
import { allows } from '../auth/scopes.ts';

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

/** A message may lead to resources of any type, so its sender needs `system/*.cu`, and to be of the house. */
export function authorizeSender(
  tokens: AccessTokens,
  clients: ClientRegistry,
  participant: string,
): RequestHandler {
  return async (request, response, next) => {
    response.setHeader('www-authenticate', 'Bearer');
    const grant = await authenticate(request, tokens, clients);
    response.removeHeader('www-authenticate');
    const mayWrite = allows(grant.scopes, '*', 'c') && allows(grant.scopes, '*', 'u');
    if (grant.participant !== participant || !mayWrite) {
      throw FhirError.of(
        403,
        'forbidden',
        "messages are taken from the organization's own clients with scope system/*.cu",
      );
    }
    next();
  };
}
