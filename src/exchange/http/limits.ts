// SPDX-License-Identifier: Apache-2.0
import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { headersWith } from '../../operate/headers.ts';
import { outcomeText } from '../clear.ts';
import { send } from './send.ts';

const WINDOW_MS = 60_000;

/** So many requests a minute from one address; then 429, Retry-After and an OperationOutcome. */
export function limitRate(requestsPerMinute: number): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: requestsPerMinute,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    // Who stands between us and the client is for the operator's configuration of Express ("trust proxy") to say, not for this library to guess.
    validate: false,
    handler: (_request, response) => {
      if (!response.hasHeader('retry-after')) response.setHeader('retry-after', Math.ceil(WINDOW_MS / 1000));
      const diagnostics = 'too many requests from this address: wait as long as Retry-After says';
      send(response, {
        status: 429,
        body: outcomeText([{ severity: 'error', code: 'throttled', diagnostics }]),
      });
    },
  });
}

/** For an API: nothing here is to be framed, run or sniffed. The people's pages have a policy of their own. */
export function secureHeaders(): RequestHandler {
  return headersWith({ 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] });
}
