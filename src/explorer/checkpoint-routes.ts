// SPDX-License-Identifier: Apache-2.0
import express, { type Router } from 'express';
import type { CheckpointHistory } from '../consent/history.ts';
import { ExplorerError, notFound } from './errors.ts';
import { countParameter, numberParameter, pageLink, readNumber, textParameter } from './parameters.ts';
import { plain } from './plain.ts';

const USUAL_CHECKPOINTS = 20;
const MAX_CHECKPOINTS = 100;

/** The newest checkpoint of every log, all of one log, and the one of a size. */
export function checkpointRoutes(history: CheckpointHistory): Router {
  const router = express.Router();
  router.get('/', async (request, response) => {
    const count = countParameter(request, USUAL_CHECKPOINTS, MAX_CHECKPOINTS);
    const origin = textParameter(request, 'origin');
    const before = numberParameter(request, 'before');
    if (before !== undefined && origin === undefined)
      throw new ExplorerError('PARAMETER_INVALID', 'before: expected only with an origin');
    const query = {
      count,
      ...(origin === undefined ? {} : { origin }),
      ...(before === undefined ? {} : { before }),
    };
    const checkpoints = await history.checkpoints(query);
    const last = checkpoints.at(-1);
    const more = origin !== undefined && last !== undefined && checkpoints.length === count;
    response.json(
      plain({
        checkpoints,
        ...(more ? { older: pageLink(request, { origin, before: last.size, count }) } : {}),
      }),
    );
  });
  router.get('/:size', async (request, response) => {
    const origin = textParameter(request, 'origin');
    if (origin === undefined)
      throw new ExplorerError('PARAMETER_INVALID', 'origin: expected the name of the log');
    const size = readNumber(request.params.size);
    const [found] =
      size === undefined ? [] : await history.checkpoints({ origin, before: size + 1n, count: 1 });
    if (found?.size !== size || !found) throw notFound('checkpoint of that size');
    response.json(plain(found));
  });
  return router;
}
