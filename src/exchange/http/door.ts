// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { FhirError } from '../../fhir/outcome.ts';

const JSON_FORMATS = new Set(['json', 'application/json', 'application/fhir+json', 'application/*', '*/*']);

/**
 * Everything about a FHIR request that isn't FHIR, decided before routing: one spelling of the path, an answer in JSON or none
 * (HEAD is GET without the body, which Node sees to).
 */
export const door: RequestHandler = (request, response, next) => {
  response.setHeader('x-request-id', randomUUID());
  const [path = '', ...query] = request.url.split('?');
  // Clients' libraries disagree on whether `$` needs an escape (RFC 3986 says no); "/Patient/" is taken for "/Patient" by the router.
  request.url = [path.replaceAll('%24', '$'), ...query].join('?');
  mustAcceptJson(request);
  next();
};

/** FHIR R4 §3.1.0.1.11: `_format` wins over Accept. */
function mustAcceptJson(request: Request): void {
  const format = queryOf(request).find(([name]) => name === '_format')?.[1];
  // A plus sign that nobody escaped arrives as a space.
  const wanted = format ? [format.replace(' ', '+')] : (request.headers.accept ?? '*/*').split(',');
  if (!wanted.some(isJson)) {
    throw FhirError.of(406, 'not-supported', 'this bridge answers in application/fhir+json only');
  }
}

function isJson(range: string): boolean {
  const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const refused = parameters.some(
    (each) => /^q=0(\.0*)?$/.test(each) || (/^fhirversion=/.test(each) && !/^fhirversion="?4\.0/.test(each)),
  );
  return JSON_FORMATS.has(name) && !refused;
}

/** The query as it was sent, in order and with repetitions. */
export function queryOf(request: Request): [string, string][] {
  const at = request.url.indexOf('?');
  return at < 0 ? [] : [...new URLSearchParams(request.url.slice(at + 1))];
}
