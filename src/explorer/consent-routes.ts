// SPDX-License-Identifier: Apache-2.0
import { timeInterval } from '@mooring/chaincode/time';
import express, { type Router } from 'express';
import type { ConsentHistory } from '../consent/history.ts';
import { ExplorerError, notFound } from './errors.ts';
import { textParameter } from './parameters.ts';
import { plain } from './plain.ts';

/** FHIR R4 §2.24.0.1, `id`. */
const FHIR_ID = /^[A-Za-z0-9\-.]{1,64}$/;

/** What happened to a consent, and which version of it held at a time. `id` is that of the Consent resource. */
export function consentRoutes(consents: ConsentHistory): Router {
  const router = express.Router();
  router.get('/:id/history', async (request, response) => {
    const { id } = request.params;
    const asOf = textParameter(request, 'asOf');
    if (asOf !== undefined) mustBeTime(asOf);
    if (!FHIR_ID.test(id)) throw notFound('such consent');
    if (asOf === undefined) {
      const versions = await consents.history(id);
      if (!versions) throw notFound('such consent');
      response.json(plain({ consent: id, versions }));
    } else {
      const version = await consents.asOf(id, asOf);
      if (!version) throw notFound('such consent at that time');
      response.json(plain({ consent: id, asOf, version }));
    }
  });
  return router;
}

function mustBeTime(text: string): void {
  try {
    timeInterval(text);
  } catch {
    throw new ExplorerError(
      'PARAMETER_INVALID',
      'asOf: expected a FHIR dateTime, such as 2026-05-03T12:00:00Z',
    );
  }
}
