// SPDX-License-Identifier: Apache-2.0
import express, { type Request, type RequestHandler, type Router } from 'express';
import { FhirError } from '../fhir/outcome.ts';
import type { Grant } from './auth/access-token.ts';
import type { ClientRegistry } from './auth/clients.ts';
import type { Call, Exchange } from './call.ts';
import { capabilityStatement } from './capability.ts';
import { ownWords } from './clear.ts';
import { authenticate } from './http/authenticate.ts';
import { bodyOf, readBytes } from './http/body.ts';
import { queryOf } from './http/door.ts';
import { send } from './http/send.ts';
import type { Interaction, Route } from './interaction.ts';
import { INTERACTIONS } from './interactions.ts';

/** `/fhir`: a route for each that the interactions define. Who asks is known before anything of the request's body is read. */
export function fhirRouter(
  exchange: Exchange,
  clients: ClientRegistry,
  baseUrl: () => string,
  maxBodyBytes: number,
): Router {
  const router = express.Router({ caseSensitive: true });
  const read = readBytes(maxBodyBytes);
  const known: RequestHandler = async (request, response, next) => {
    response.locals['grant'] = await authenticate(request, exchange.tokens, clients);
    next();
  };
  const started = new Date(exchange.now()).toISOString();

  router.get('/metadata', (_request, response) => {
    const body = ownWords(capabilityStatement(INTERACTIONS, baseUrl(), started));
    send(response, { status: 200, body });
  });
  for (const interaction of INTERACTIONS) {
    for (const route of interaction.definition.routes) {
      const readers = route.body === undefined ? [known] : [known, read];
      router[route.method](route.path, ...readers, take(interaction, route, exchange));
    }
  }
  for (const path of pathsOf(INTERACTIONS)) {
    router.all(path, known, (_request, response) => {
      response.setHeader('allow', methodsFor(path));
      throw FhirError.of(405, 'not-supported', `the method is not offered here; ${methodsFor(path)} is`);
    });
  }
  router.use(known, () => {
    throw FhirError.of(404, 'not-supported', 'there is nothing at this address; see /fhir/metadata');
  });
  return router;
}

function take(interaction: Interaction, route: Route, exchange: Exchange): RequestHandler {
  return async (request, response) => {
    const call = callOf(request, response.locals['grant'] as Grant, bodyOf(request, route.body ?? 'none'));
    send(response, await interaction.handle(call, exchange));
  };
}

function callOf(request: Request, grant: Grant, body: unknown): Call {
  const { type, id, version } = request.params as Record<string, string | undefined>;
  return {
    grant,
    method: request.method,
    type: type ?? (id === undefined ? '' : 'Patient'),
    id: id ?? '',
    version: version ?? '',
    params: queryOf(request),
    headers: request.headers as Call['headers'],
    body,
  };
}

function pathsOf(interactions: readonly Interaction[]): Set<string> {
  return new Set(interactions.flatMap(({ definition }) => definition.routes.map((route) => route.path)));
}

function methodsFor(path: string): string {
  const methods = INTERACTIONS.flatMap(({ definition }) => definition.routes)
    .filter((route) => route.path === path)
    .flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  return [...new Set(methods)].join(', ');
}
