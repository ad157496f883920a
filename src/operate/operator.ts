// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express';
import { FhirError } from '../fhir/outcome.ts';
import type { Logger } from './log.ts';

const MAX_BODY = '16mb';

/**
 * `/operator`: what the bridge's own operator may do while it runs. The key is a file in the data folder that only the account
 * of the bridge can read, so whoever can use it could as well have read the keyring beside it.
 */
export async function operatorRouter(
  dataDir: string,
  routers: readonly Router[],
  logger: Logger,
): Promise<Router> {
  const token = await operatorToken(dataDir);
  const router = express.Router();
  router.use(onlyWith(token), express.json({ limit: MAX_BODY }));
  for (const each of routers) router.use(each);
  router.use((_request, response) => {
    response.status(404).json({ error: 'no such operator route' });
  });
  router.use(answerErrors(logger));
  return router;
}

async function operatorToken(dataDir: string): Promise<string> {
  const file = join(dataDir, 'operator.token');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  try {
    await writeFile(file, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return (await readFile(file, 'utf8')).trim();
}

function onlyWith(token: string): RequestHandler {
  const expected = digest(`Bearer ${token}`);
  return (request, response, next) => {
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return next();
    response
      .status(401)
      .set('www-authenticate', 'Bearer')
      .json({ error: 'the operator token is missing or wrong' });
  };
}

/** Compared as digests: equal lengths, and the time tells nothing of the token. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function answerErrors(logger: Logger): ErrorRequestHandler {
  return (error, _request, response, _next) => {
    const status =
      error instanceof FhirError ? error.status : Number((error as { status?: number }).status ?? 500);
    const code = (error as { code?: string }).code;
    if (status >= 500) logger.error({ code, name: (error as Error).name }, 'operator request failed');
    response
      .status(status)
      .json({ error: status >= 500 ? 'internal error; see the log' : (error as Error).message, code });
  };
}
