// SPDX-License-Identifier: Apache-2.0
import type { JsonWebKey } from 'node:crypto';
import express, { type Router } from 'express';
import { LedgerError } from '../ledger/ledger.ts';
import type { OpenConsentRules } from './rules.ts';

/** What the bridge's operator does about patients' keys and participants; the operator's router has parsed the body and checked the token. */
export function operatorConsentRoutes(rules: OpenConsentRules): Router {
  const router = express.Router();
  router.post('/patients/:id/key', async (request, response) => {
    const { jwk, replace } = bodyOf(request.body);
    if (!isObject(jwk)) throw invalid('jwk: expected a public P-256 JWK');
    await answering(() => rules.enrollPatient(request.params.id, jwk, { replace: replace === true }));
    response.json({ patient: request.params.id });
  });
  router.post('/participants', async (request, response) => {
    const { id, role, mspId, jwk } = bodyOf(request.body);
    if (typeof id !== 'string' || typeof role !== 'string' || typeof mspId !== 'string')
      throw invalid('expected id, role and mspId');
    const key = isObject(jwk) ? { jwk } : {};
    await answering(() => rules.registerParticipant({ id, role, mspId, ...key }));
    response.json({ id });
  });
  router.get('/participants', async (_request, response) => {
    response.json(await answering(() => rules.participants()));
  });
  return router;
}

function bodyOf(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

/** What kind of key it is, the contract's own reader finds out. */
function isObject(value: unknown): value is JsonWebKey {
  return typeof value === 'object' && value !== null;
}

/** Errors of the ledger with the HTTP status that the operator's router answers. */
async function answering<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof LedgerError ? Object.assign(error, { status: statusOf(error) }) : error;
  }
}

function statusOf({ code }: LedgerError): number {
  switch (code) {
    case 'KEY_INVALID':
    case 'ARGUMENT_INVALID':
      return 400;
    case 'NOT_AUTHORIZED':
      return 403;
    case 'PARTICIPANT_UNKNOWN':
    case 'PARTICIPANT_EXISTS':
      return 409;
    default:
      return 503;
  }
}

function invalid(text: string): Error {
  return Object.assign(new Error(text), { status: 400 });
}
