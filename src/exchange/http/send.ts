// SPDX-License-Identifier: Apache-2.0
import type { ErrorRequestHandler, Response } from 'express';
import { FhirError, type Issue, type IssueCode } from '../../fhir/outcome.ts';
import type { Logger } from '../../operate/log.ts';
import type { Answer } from '../call.ts';
import { outcomeText } from '../clear.ts';

export const FHIR_JSON = 'application/fhir+json; charset=utf-8';
const RETRY_AFTER_S = 1;

/** Writes an answer. Express's own `send` would hash the body for an ETag; ours is the version. */
export function send(response: Response, answer: Answer): void {
  const bytes = answer.body === undefined ? undefined : Buffer.from(answer.body, 'utf8');
  response.statusCode = answer.status;
  response.setHeader('cache-control', 'no-store');
  if (answer.etag !== undefined) response.setHeader('etag', answer.etag);
  if (answer.lastModified !== undefined)
    response.setHeader('last-modified', new Date(answer.lastModified).toUTCString());
  if (answer.location !== undefined) response.setHeader('location', answer.location);
  if (bytes) {
    response.setHeader('content-type', answer.contentType ?? FHIR_JSON);
    response.setHeader('content-length', bytes.length);
  }
  response.end(bytes);
}

export function versionTag(version: number): string {
  return `W/"${version}"`;
}

/** The one place where errors become answers: what a client can do something about is said, the rest is an id to ask the operator with. */
export function answerErrors(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const requestId = String(response.getHeader('x-request-id') ?? '');
    if (response.headersSent) return next(error);
    const known = asFhirError(error);
    if (!known || known.status >= 500) {
      const { name, code } = (known?.cause ?? error) as { name?: string; code?: string };
      logger.error({ requestId, name, code, status: known?.status ?? 500 }, 'request failed');
    }
    // What is left of a refused body must not hold up the next request of the connection.
    if (!request.readableEnded) request.resume();
    if (known?.status === 401) response.setHeader('www-authenticate', 'Bearer');
    if (known?.status === 503) response.setHeader('retry-after', RETRY_AFTER_S);
    const issues: readonly Issue[] = known?.issues ?? [
      {
        severity: 'fatal',
        code: 'exception',
        diagnostics: 'something went wrong here; the operator finds it by the x-request-id',
      },
    ];
    send(response, { status: known?.status ?? 500, body: outcomeText(issues) });
  };
}

/** What Node's and Express's readers throw carries a status; their texts may quote the input, so ours are used. */
const BY_STATUS: Readonly<Record<number, readonly [IssueCode, string]>> = {
  413: ['too-long', 'the body is larger than this bridge takes'],
  415: ['not-supported', 'this charset or encoding of the body is not supported'],
};

function asFhirError(error: unknown): FhirError | undefined {
  if (error instanceof FhirError) return error;
  const status = (error as { status?: unknown } | null)?.status;
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  const [code, text] = BY_STATUS[status] ?? ['structure', 'the request is malformed'];
  return FhirError.of(status, code, text);
}
