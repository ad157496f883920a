// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import express, { type Router } from 'express';
import { headersWith } from '../operate/headers.ts';

const PAGE = new URL('./page/', import.meta.url);
const START = 'index.html';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * `GET /explain`: the page that shows a message beside its resources. Open to everybody, for there is no data in it: what it shows it
 * asks of `/operator`, with the token that the person has typed.
 */
export async function explainRouter(): Promise<Router> {
  const router = express.Router();
  router.use(onlyItself());
  for (const name of await readdir(PAGE)) {
    const content = await readFile(new URL(name, PAGE));
    const type = TYPES[extname(name)] ?? 'application/octet-stream';
    router.get(name === START ? '/' : `/${name}`, (_request, response) => {
      response.set({ 'content-type': type, 'cache-control': 'no-cache' }).send(content);
    });
  }
  return router;
}

/** Nothing from elsewhere, nothing inline, no frame around it, and no text that becomes markup. */
function onlyItself() {
  return headersWith({
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    'img-src': ["'self'"],
    'connect-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
    'require-trusted-types-for': ["'script'"],
    'trusted-types': ["'none'"],
  });
}
