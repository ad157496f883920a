// SPDX-License-Identifier: Apache-2.0
import type { JsonWebKey } from 'node:crypto';
import express, { type Router } from 'express';
import { LedgerError } from '../ledger/ledger.ts';
import { ConsentError } from './consent.ts';
import type { Registration } from './participants.ts';
import type { OpenConsentRules } from './rules.ts';

/** What the operator has done about patients and participants, on the channel that is named or else the home channel. */
export interface OperatedRules
  extends Pick<OpenConsentRules, 'enrollPatient' | 'participants' | 'subjectsOf'> {
  registerParticipant(registration: Registration, channel?: string): Promise<void>;
  link(patientId: string, subject: string, channel?: string): Promise<void>;
}

/** What the bridge's operator does about patients' keys and participants; the operator's router has parsed the body and checked the token. */
export function operatorConsentRoutes(rules: OperatedRules): Router {
  const router = express.Router();
  router.post('/patients/:id/key', async (request, response) => {
    const { jwk, replace } = bodyOf(request.body);
    if (!isObject(jwk)) throw invalid('jwk: expected a public P-256 JWK');
    await answering(() => rules.enrollPatient(request.params.id, jwk, { replace: replace === true }));
    response.json({ patient: request.params.id });
  });
  router.get('/patients/:id/subject', (request, response) => {
    response.json(subjectsOf(rules, request.params.id));
  });
  router.post('/patients/:id/subject', async (request, response) => {
    const { subject, channel } = bodyOf(request.body);
    if (typeof subject !== 'string' || subject === '') throw invalid('subject: expected a pseudonym');
    await answering(() => rules.link(request.params.id, subject, nameIn(channel)));
    response.json(subjectsOf(rules, request.params.id));
  });
  router.post('/participants', async (request, response) => {
    const { id, role, mspId, jwk, channel } = bodyOf(request.body);
    if (typeof id !== 'string' || typeof role !== 'string' || typeof mspId !== 'string')
      throw invalid('expected id, role and mspId');
    const key = isObject(jwk) ? { jwk } : {};
    await answering(() => rules.registerParticipant({ id, role, mspId, ...key }, nameIn(channel)));
    response.json({ id });
  });
  router.get('/participants', async (_request, response) => {
    response.json(await answering(() => rules.participants()));
  });
  return router;
}

/** The organization's own pseudonym of the patient, and those of others that were linked. */
function subjectsOf(rules: OperatedRules, patient: string): object {
  const [subject, ...linked] = rules.subjectsOf(patient);
  return { patient, subject, linked };
}

function nameIn(channel: unknown): string | undefined {
  if (channel === undefined || typeof channel === 'string') return channel;
  throw invalid('channel: expected a name');
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
    if (error instanceof LedgerError) throw Object.assign(error, { status: statusOf(error) });
    throw error instanceof ConsentError ? Object.assign(error, { status: 503 }) : error;
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
