// SPDX-License-Identifier: Apache-2.0
import express, { type Router } from 'express';
import type { Metrics } from './metrics.ts';

/** Resolves when well; the text of a rejection never leaves, only the check's name. */
export type HealthCheck = () => Promise<unknown>;

/** A check that has not answered by then counts as failed. */
const CHECK_MS = 5_000;

/** `/health/live`: the process answers. `/health/ready`: everything it needs does, and if not, what does not. `/metrics`: Prometheus. */
export function healthRouter(checks: Readonly<Record<string, HealthCheck>>, metrics: Metrics): Router {
  const router = express.Router();
  router.get('/health/live', (_request, response) => {
    response.json({ status: 'live' });
  });
  router.get('/health/ready', async (_request, response) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await passes(check)] as const),
    );
    const degraded = results.filter(([, well]) => !well).map(([name]) => name);
    response
      .status(degraded.length === 0 ? 200 : 503)
      .json({ status: degraded.length === 0 ? 'ready' : 'degraded', degraded });
  });
  router.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  return router;
}

async function passes(check: HealthCheck): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error('late')), CHECK_MS);
  });
  try {
    await Promise.race([check(), late]);
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
