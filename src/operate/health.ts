// SPDX-License-Identifier: Apache-2.0
import express, { type Router } from 'express';
import type { Metrics } from './metrics.ts';

/** Resolves when well; the text of a rejection never leaves, only the check's name and the error's `code`. */
export type HealthCheck = () => Promise<unknown>;

/** A check that has not answered by then counts as failed. */
const CHECK_MS = 5_000;
const CODE = /^[A-Z][A-Z0-9_]{1,40}$/;

/** `/health/live`: the process answers. `/health/ready`: everything it needs does, and if not, what does not. `/metrics`: Prometheus. */
export function healthRouter(checks: Readonly<Record<string, HealthCheck>>, metrics: Metrics): Router {
  const router = express.Router();
  router.get('/health/live', (_request, response) => {
    response.json({ status: 'live' });
  });
  router.get('/health/ready', async (_request, response) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await problemOf(check)] as const),
    );
    const problems = results.filter(([, problem]) => problem !== undefined);
    const degraded = problems.map(([name]) => name);
    response.status(degraded.length === 0 ? 200 : 503).json({
      status: degraded.length === 0 ? 'ready' : 'degraded',
      degraded,
      ...(degraded.length === 0 ? {} : { reasons: Object.fromEntries(problems) }),
    });
  });
  router.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  return router;
}

/** `undefined`: it is well. */
async function problemOf(check: HealthCheck): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((done) => {
    timer = setTimeout(() => done('LATE'), CHECK_MS);
  });
  try {
    return await Promise.race([check().then(() => undefined), late]);
  } catch (error) {
    const { code } = error as { code?: unknown };
    // Codes are ours, or those of systems below: never a text.
    return typeof code === 'string' && CODE.test(code) ? code : 'FAILED';
  } finally {
    clearTimeout(timer);
  }
}
