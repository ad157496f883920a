// SPDX-License-Identifier: Apache-2.0
import type { RequestHandler } from 'express';
import { auditEvent } from '../../audit/event.ts';
import type { Logger } from '../../operate/log.ts';
import type { Store } from '../../store/store.ts';
import type { AccessTokens } from './access-token.ts';
import type { AssertionRules } from './assertion.ts';
import type { Client } from './clients.ts';
import { OAuthError } from './errors.ts';
import { intersectScopes, parseScopes, printScopes, type Scope } from './scopes.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** `POST /oauth2/token`: a client shows that it holds its key and gets a bearer token for a few minutes (SMART Backend Services). */
export function tokenEndpoint(deps: {
  readonly assertions: AssertionRules;
  readonly tokens: AccessTokens;
  readonly store: Store;
  readonly logger: Logger;
  readonly now: () => number;
}): RequestHandler {
  return async (request, response) => {
    response.set({ 'cache-control': 'no-store', pragma: 'no-cache' });
    try {
      const form = new URLSearchParams(formOf(request.headers['content-type'], request.body));
      const client = await authenticate(form, deps.assertions);
      const scopes = grantable(client, form);
      const purpose = purposeOf(client, form);
      const { token, lifeSeconds } = await deps.tokens.issue(client, scopes, purpose);
      await record(deps.store, client, purpose, deps.now());
      response.json({
        access_token: token,
        token_type: 'bearer',
        expires_in: lifeSeconds,
        scope: printScopes(scopes),
      });
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      deps.logger.info(
        { code: error.code, reason: (error.cause as Error | undefined)?.message },
        'token refused',
      );
      response
        .status(error.code === 'invalid_client' ? 401 : 400)
        .json({ error: error.code, error_description: error.message });
    }
  };
}

function formOf(contentType: string | undefined, body: unknown): string {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType ?? '')) {
    throw new OAuthError('invalid_request', 'expected application/x-www-form-urlencoded');
  }
  return Buffer.isBuffer(body) ? body.toString('utf8') : '';
}

/** RFC 6749 §3.2: a parameter comes at most once. */
function only(form: URLSearchParams, name: string): string | undefined {
  const values = form.getAll(name);
  if (values.length > 1) throw new OAuthError('invalid_request', `${name} is given more than once`);
  return values[0] === '' ? undefined : values[0];
}

async function authenticate(form: URLSearchParams, assertions: AssertionRules): Promise<Client> {
  const grantType = only(form, 'grant_type');
  if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing');
  if (grantType !== 'client_credentials') {
    throw new OAuthError('unsupported_grant_type', 'grant_type: expected client_credentials');
  }
  if (only(form, 'client_assertion_type') !== ASSERTION_TYPE) {
    throw new OAuthError('invalid_request', `client_assertion_type: expected ${ASSERTION_TYPE}`);
  }
  const assertion = only(form, 'client_assertion');
  if (assertion === undefined) throw new OAuthError('invalid_request', 'client_assertion is missing');
  return assertions.authenticate(assertion);
}

function grantable(client: Client, form: URLSearchParams): readonly Scope[] {
  const requested = only(form, 'scope');
  if (requested === undefined) throw new OAuthError('invalid_scope', 'scope is missing');
  const granted = intersectScopes(parseScopes(requested).scopes, client.scopes);
  if (granted.length === 0)
    throw new OAuthError('invalid_scope', 'none of the scopes is registered for the client');
  return granted;
}

function purposeOf(client: Client, form: URLSearchParams): string {
  const asked = only(form, 'purpose_of_use') ?? client.purposes[0]!;
  if (!client.purposes.includes(asked)) {
    throw new OAuthError('unauthorized_client', 'purpose_of_use is not registered for the client');
  }
  return asked;
}

async function record(store: Store, client: Client, purpose: string, nowMs: number): Promise<void> {
  const agent = { client: client.id, participant: client.participant };
  const at = new Date(nowMs).toISOString();
  const draft = auditEvent({
    action: 'E',
    interaction: 'token',
    outcome: 'success',
    agent,
    purpose,
    entities: [],
    at,
  });
  await store.commit({ changes: [], audit: () => [draft] });
}
