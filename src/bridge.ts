// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { logRouter } from './anchor/http.ts';
import { openLog } from './anchor/log.ts';
import { openProofs, parametersOf } from './anchor/proofs.ts';
import { trustOf } from './anchor/trust.ts';
import { startAnchoring } from './anchor/worker.ts';
import type { Config } from './config.ts';
import { openConsentRules, operatorConsentRoutes } from './consent/rules.ts';
import { operatorClientRoutes } from './exchange/auth/operator.ts';
import { openExchange } from './exchange/exchange.ts';
import { hl7Router } from './ingest/http.ts';
import { mllpHandler, openInbox, operatorInboxRoutes } from './ingest/inbox.ts';
import { listenMllp } from './ingest/mllp.ts';
import type { Network } from './network.ts';
import { openNormalizer } from './normalize/normalizer.ts';
import { healthRouter } from './operate/health.ts';
import { closeHttp, httpApp, listenHttp } from './operate/http.ts';
import type { Logger } from './operate/log.ts';
import { openMetrics } from './operate/metrics.ts';
import { operatorRouter } from './operate/operator.ts';
import { tamperingRoutes } from './operate/tampering.ts';
import { readTls } from './operate/tls.ts';
import { openFileKeyring } from './store/keys/file.ts';
import { openStore } from './store/sql/store.ts';

const MAPPINGS = fileURLToPath(new URL('../mappings/', import.meta.url));

/** One organization's bridge, listening. */
export interface Bridge {
  readonly baseUrl: string;
  readonly mllpPort: number;
  /** The organization's folder: keys, and the operator's token. */
  readonly folder: string;
  /** Resolves when every message accepted so far has been processed and what it led to is anchored. */
  settled(): Promise<void>;
  /** How many leaves the log has. */
  size(): Promise<number>;
  close(): Promise<void>;
}

/** Opens one organization's bridge, in the order in which data flows. With `tampering`, its operator can damage records, to see it found out. */
export async function openBridge(
  config: Config,
  network: Network,
  logger: Logger,
  { tampering = false } = {},
): Promise<Bridge> {
  const now = Date.now;
  const folder = join(config.dataDir, config.organization);
  const keyring = await openFileKeyring(join(folder, 'keys'));
  const db = await network.database.schema(config.organization);
  const ledger = network.channel.as({ mspId: config.mspId, name: config.organization });

  // What is kept, and proven.
  const store = await openStore({ db, keyring, now });
  const origin = `mooring.example/${config.organization}`;
  const log = await openLog({ db, origin, signingSecret: await keyring.secret('log-signing'), now });
  const anchoring = startAnchoring({
    log,
    ledger,
    intervalMs: config.anchorIntervalMs,
    leaves: config.anchorLeaves,
    logger,
    now,
  });
  const proofs = openProofs({ log, ledger, store, db, anchored: (size) => anchoring.anchored(size) });

  // What comes in.
  const normalizer = await openNormalizer({
    folder: config.mappings || MAPPINGS,
    idSecret: await keyring.secret('resource-id'),
    defaultZone: config.defaultZone,
  });
  const inbox = await openInbox({
    db: await network.database.schema(config.organization, { urgent: true }),
    keyring,
    store,
    normalizer,
    participant: config.organization,
    now,
    logger,
  });

  // What may leave.
  const pseudonyms = await keyring.secret('pseudonym');
  const consent = await openConsentRules({
    ledger,
    db,
    participant: config.organization,
    pseudonym: (patient) => createHmac('sha256', pseudonyms).update(patient).digest('base64url'),
    now,
    maxAgeMs: config.consentMaxAgeMs,
    logger,
  });
  await consent.registerParticipant({ id: config.organization, role: config.role, mspId: config.mspId });
  let baseUrl = config.baseUrl;
  const exchange = await openExchange({
    store,
    consent,
    proofs: {
      verify: async (...version) => {
        const report = await proofs.verify(...version);
        return report && parametersOf(report);
      },
      receipt: (...version) => proofs.receipt(...version),
    },
    keyring,
    db,
    participant: config.organization,
    baseUrl: () => baseUrl,
    now,
    logger,
    maxBodyBytes: config.maxBodyBytes,
    requestsPerMinute: config.requestsPerMinute,
  });

  // What the operator sees.
  const metrics = openMetrics();
  metrics.gauge('log_size', 'leaves of the log', async () => (await log.latest()).size);
  metrics.gauge('log_anchored_size', 'leaves under a checkpoint that the ledger has', () =>
    log.anchoredSize(),
  );
  metrics.gauge('log_checkpoints', 'checkpoints submitted since the start', () => anchoring.submitted());
  metrics.gauge(
    'consent_projection_age_seconds',
    'age of what is known of the ledger',
    () => consent.ageMs() / 1000,
  );
  for (const name of ['kept', 'again', 'refused', 'unavailable', 'processed', 'dead', 'waiting'] as const) {
    metrics.gauge(
      `hl7v2_messages_${name}`,
      `HL7v2 messages ${name} since the start`,
      () => inbox.stats()[name],
    );
  }
  const health = healthRouter(
    {
      database: () => log.backlog(),
      ledger: () => ledger.height(),
      // Nobody asks, so nobody is listed; it rejects when neither the projection nor the ledger can be believed.
      consent: () => consent.patients({ participant: '', purpose: 'TREAT' }),
      anchoring: async () => assert.equal(anchoring.status().problem, undefined),
    },
    metrics,
  );
  const operator = await operatorRouter(
    folder,
    [
      operatorClientRoutes(exchange.clients),
      operatorConsentRoutes(consent),
      operatorInboxRoutes(inbox),
      ...(tampering ? [tamperingRoutes(db)] : []),
    ],
    logger,
  );

  const app = httpApp({
    metrics,
    logger,
    routers: [
      ['/', health],
      ['/operator', operator],
      ['/', logRouter(log, trustOf(log, network.channel.publicKey))],
      [
        '/',
        hl7Router({
          ...inbox,
          normalizer,
          authorize: exchange.authorizeSender,
          maxMessageBytes: config.maxMessageBytes,
        }),
      ],
      ['/', exchange.router],
    ],
  });
  const http = createServer(app);
  const httpPort = await listenHttp(http, config.host, config.httpPort);
  baseUrl ||= `http://${config.host}:${httpPort}`;
  const tls = await readTls(config);
  const mllp = await listenMllp(
    {
      host: config.host,
      port: config.mllpPort,
      maxMessageBytes: config.maxMessageBytes,
      maxConnections: config.mllpConnections,
      idleMs: config.mllpIdleMs,
      ...(tls ? { tls } : {}),
    },
    mllpHandler(inbox.receive),
    logger,
  );
  await consent.ready;
  logger.info({ http: httpPort, mllp: mllp.port }, 'listening');

  return {
    baseUrl,
    mllpPort: mllp.port,
    folder,
    async settled() {
      await inbox.settled();
      await anchoring.anchored((await log.integrate()).size);
    },
    size: async () => (await log.integrate()).size,
    async close() {
      await Promise.all([closeHttp(http), mllp.close()]);
      await inbox.close();
      await anchoring.close();
      await consent.close();
      await store.close();
    },
  };
}
