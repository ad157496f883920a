// SPDX-License-Identifier: Apache-2.0
import express, { type Response, type Router } from 'express';
import type { Log } from './log.ts';
import { parseTilePath } from './tile-path.ts';
import type { TrustFile } from './trust.ts';

/** What was once published never changes. */
const FOREVER = 'public, max-age=31536000, immutable';
const NEVER = 'no-store';

/**
 * The log as C2SP tlog-tiles has it, below `/log`, and the key to check it with. Public: leaves reveal nothing. `/log/trust` is a trust
 * file for a first look; whoever means it gets the keys another way.
 */
export function logRouter(log: Log, trust: TrustFile): Router {
  const router = express.Router();
  router.get('/log/checkpoint', async (_request, response) => {
    const { note } = await log.latest();
    response.set('Cache-Control', 'no-cache').type('text/plain; charset=utf-8').send(note);
  });
  router.get('/log/key', (_request, response) => {
    response.set('Cache-Control', 'no-cache').type('text/plain; charset=utf-8').send(`${log.verifierKey}\n`);
  });
  router.get('/log/trust', (_request, response) => {
    response.set('Cache-Control', 'no-cache').json(trust);
  });
  router.get('/log/tile/*path', async (request, response) => {
    const bytes = await readTile(log, (request.params.path as unknown as string[]).join('/'));
    if (bytes) response.set('Cache-Control', FOREVER).type('application/octet-stream').send(bytes);
    else notFound(response);
  });
  router.use('/log', (_request, response) => notFound(response));
  return router;
}

async function readTile(log: Log, path: string): Promise<Buffer | undefined> {
  const name = parseTilePath(path);
  if (!name) return undefined;
  if (name.level !== 'entries') {
    const hashes = await log.tile(name.level, name.index, name.width);
    return hashes && Buffer.from(hashes.buffer, hashes.byteOffset, hashes.length);
  }
  const entries = await log.entries(name.index, name.width);
  return entries && Buffer.concat(entries.flatMap((leaf) => [lengthPrefix(leaf), leaf]));
}

/** tlog-tiles, “Log entries”: a big-endian uint16 before each. */
function lengthPrefix(leaf: Uint8Array): Buffer {
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16BE(leaf.length);
  return prefix;
}

function notFound(response: Response): void {
  response
    .status(404)
    .set('Cache-Control', NEVER)
    .type('text/plain; charset=utf-8')
    .send('the log has nothing of that name\n');
}
