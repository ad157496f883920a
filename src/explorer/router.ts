// SPDX-License-Identifier: Apache-2.0
import express, { type Request, type Router } from 'express';
import type { ConsentHistory } from '../consent/history.ts';
import { codeOf } from '../ledger/code-of.ts';
import type { Logger } from '../operate/log.ts';
import { channelRoutes, type ExploredChannel } from './channel-routes.ts';
import { consentRoutes } from './consent-routes.ts';
import { answerErrors, ExplorerError } from './errors.ts';
import { plain } from './plain.ts';

export interface ExplorerOptions {
  readonly channels: readonly ExploredChannel[];
  readonly consents: ConsentHistory;
  /** Whether they may look: clients of the organization itself, and auditors. Throws an error with a status of 401 for who doesn't say who they are. */
  readonly authorize: (request: Request) => Promise<boolean>;
  readonly logger: Logger;
}

/** The ledger explorer, to be mounted at `/ledger`. docs/explorer.md lists what it answers. */
export function explorerRouter({ channels, consents, authorize, logger }: ExplorerOptions): Router {
  const router = express.Router();
  router.use(async (request, response, next) => {
    response.set('Cache-Control', 'no-store');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new ExplorerError('METHOD_NOT_ALLOWED', 'the ledger can be looked at here, not changed');
    if (!(await authorize(request)))
      throw new ExplorerError(
        'NOT_AUTHORIZED',
        "for clients of this organization's and auditors' with scope system/AuditEvent.r",
      );
    next();
  });
  router.get('/', async (_request, response) => {
    response.json(plain({ channels: await Promise.all(channels.map(heightOf)) }));
  });
  router.use('/consents', consentRoutes(consents));
  for (const each of channels) router.use(`/${each.channel.name}`, channelRoutes(each));
  router.use(() => {
    throw new ExplorerError('NOT_FOUND', 'the explorer has nothing of that name');
  });
  router.use(answerErrors(logger));
  return router;
}

/** One channel that is away doesn't hide the others. */
async function heightOf({ channel }: ExploredChannel): Promise<unknown> {
  const { name, explorer } = channel;
  try {
    return { name, height: await explorer.height() };
  } catch (error) {
    return { name, problem: codeOf(error) ?? 'FAILED' };
  }
}
