// SPDX-License-Identifier: Apache-2.0
import type { ErrorRequestHandler } from 'express';
import { codeOf } from '../ledger/code-of.ts';
import type { Logger } from '../operate/log.ts';

const STATUS = {
  PARAMETER_INVALID: 400,
  NOT_AUTHORIZED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
} as const satisfies Record<string, number>;

/** What the caller can do something about; the message is shown. */
export class ExplorerError extends Error {
  override readonly name = 'ExplorerError';
  readonly code: keyof typeof STATUS;

  constructor(code: keyof typeof STATUS, message: string) {
    super(message);
    this.code = code;
  }
}

export function notFound(what: string): ExplorerError {
  return new ExplorerError('NOT_FOUND', `there is no ${what}`);
}

/** What the ledger, and what is known of it, answer with when they can't answer now. */
const AWAY = new Set(['UNAVAILABLE', 'CLOSED', 'NOT_FRESH']);
const RETRY_AFTER_S = 1;

/** Errors as `{error, code}`. Only our own texts are shown: others could quote anything. */
export function answerErrors(logger: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    const answer = (status: number, text: string, code: string) =>
      response.status(status).json({ error: text, code });
    if (error instanceof ExplorerError) return answer(STATUS[error.code], error.message, error.code);
    const code = codeOf(error) ?? 'FAILED';
    if (AWAY.has(code)) {
      response.set('Retry-After', String(RETRY_AFTER_S));
      return answer(503, 'the ledger does not answer now', code);
    }
    const status = (error as { status?: unknown } | null)?.status;
    if (status === 401) {
      response.set('WWW-Authenticate', 'Bearer');
      return answer(401, 'a valid bearer token is needed', 'NOT_AUTHENTICATED');
    }
    // Express could not decode the path.
    if (status === 400) return answer(400, 'the request is malformed', 'PARAMETER_INVALID');
    logger.error({ code }, 'the explorer failed');
    return answer(500, 'something went wrong here', 'FAILED');
  };
}
