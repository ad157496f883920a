// SPDX-License-Identifier: Apache-2.0
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';

/** How long a client may take over its request: a batch of many messages over a slow line. Headers have Node's own, shorter limit. */
const REQUEST_MS = 600_000;
/** How long closing waits for answers under way. */
const CLOSE_MS = 10_000;

export interface HttpParts {
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Tried in this order. What none of them opens is closed. */
  readonly routers: readonly (readonly [path: string, router: RequestHandler])[];
}

/** Everything that is served over HTTP, and for everything else a plain 404. */
export function httpApp({ metrics, logger, routers }: HttpParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(timed(metrics));
  for (const [path, router] of routers) app.use(path, router);
  app.use((_request, response) => {
    response
      .status(404)
      .type('text/plain')
      .send('there is nothing here; FHIR is at /fhir, the log at /log/checkpoint\n');
  });
  app.use(lastResort(logger));
  return app;
}

/** Resolves with the port. */
export async function listenHttp(server: Server, host: string, port: number): Promise<number> {
  server.requestTimeout = REQUEST_MS;
  await new Promise<void>((listening, fail) => {
    server.once('error', fail).listen(port, host, () => listening());
  });
  return (server.address() as AddressInfo).port;
}

/** Answers what was asked, then closes; a client that keeps its connection open doesn't hold this up. */
export async function closeHttp(server: Server): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
  await closed;
  clearTimeout(timer);
}

function timed(metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const stop = metrics.requests.startTimer();
    response.once('finish', () => {
      stop({
        method: KNOWN_METHODS.has(request.method) ? request.method : 'other',
        status: `${Math.floor(response.statusCode / 100)}xx`,
      });
    });
    next();
  };
}

/** The caller chooses the method: as a label it is one of these. */
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH']);

function lastResort(logger: Logger): ErrorRequestHandler {
  return (error, _request, response, next) => {
    const status = Number((error as { status?: number }).status ?? 500);
    if (status >= 500)
      logger.error(
        { name: (error as Error).name, code: (error as { code?: string }).code },
        'request failed',
      );
    if (response.headersSent) return next(error);
    response
      .status(status)
      .type('text/plain')
      .send(status >= 500 ? 'internal error; see the log\n' : 'the request can’t be read\n');
  };
}
