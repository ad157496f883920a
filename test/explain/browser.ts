// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import express from 'express';
import { type BrowserContext, chromium } from 'playwright-core';
import { explainRouter } from '../../src/explain/router.ts';
import { operatorMessageRoutes } from '../../src/ingest/inbox.ts';
import { closeHttp, listenHttp } from '../../src/operate/http.ts';
import { operatorRouter } from '../../src/operate/operator.ts';
import { bench } from '../ingest/inbox/support.ts';
import { normalizer } from '../normalize/setting.ts';

const MAX_MESSAGE_BYTES = 1_000_000;

/** The page and what it asks, with an inbox of its own. */
export async function servePage(t: TestContext) {
  const desk = await bench(t);
  const inbox = await desk.open({ normalizer });
  const folder = await mkdtemp(join(tmpdir(), 'mooring-explain-'));
  const routes = [operatorMessageRoutes({ ...inbox, normalizer, maxMessageBytes: MAX_MESSAGE_BYTES })];
  const app = express()
    .use('/operator', await operatorRouter(folder, routes, desk.logger))
    .use('/explain', await explainRouter());
  const server = createServer(app);
  await listenHttp(server, '127.0.0.1', 0);
  t.after(async () => {
    await closeHttp(server);
    await rm(folder, { recursive: true });
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = (await readFile(join(folder, 'operator.token'), 'utf8')).trim();
  return { desk, inbox, url, token };
}

const QUIET = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser that nobody has used yet. */
export async function openBrowser(
  executablePath: string,
): Promise<{ context: BrowserContext; close: () => Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), 'mooring-browser-'));
  const viewport = { width: 1280, height: 900 };
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: QUIET, viewport });
  return {
    context,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
