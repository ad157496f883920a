// SPDX-License-Identifier: Apache-2.0
import express, { type Router } from 'express';
import type { Client, ClientRegistration, ClientRegistry } from './clients.ts';
import { ClientError } from './errors.ts';
import { printScopes } from './scopes.ts';

/** The operator's routes for clients, to be mounted under `/operator`. The caller has checked the operator's token and parsed JSON. */
export function operatorClientRoutes(registry: ClientRegistry): Router {
  const router = express.Router();
  router.get('/clients', async (_request, response) => {
    response.json((await registry.list()).map(described));
  });
  router.post('/clients', async (request, response) => {
    const body: unknown = request.body;
    if (typeof body !== 'object' || body === null)
      throw new ClientError('CLIENT_INVALID', 'expected a client as JSON');
    response.status(201).json(described(await registry.add(body as ClientRegistration)));
  });
  router.delete('/clients/:id', async (request, response) => {
    await registry.suspend(request.params.id);
    response.status(204).end();
  });
  return router;
}

function described(client: Client): unknown {
  const { id, participant, name, purposes, active } = client;
  return {
    id,
    participant,
    name,
    scope: printScopes(client.scopes),
    purposes,
    active,
    keys: client.keys.map((key) => key.kid),
  };
}
