// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { logRouter } from './anchor/http.ts';
import { openLog } from './anchor/log.ts';
import { openProofs, parametersOf } from './anchor/proofs.ts';
import { trustOf } from './anchor/trust.ts';
import { startAnchoring } from './anchor/worker.ts';
import type { Config } from './config.ts';
import { composeChannels } from './consent/channels.ts';
import { openMergedPatients } from './consent/merged.ts';
import { openConsentRules, operatorConsentRoutes, operatorLedgerRoutes } from './consent/rules.ts';
import { operatorClientRoutes } from './exchange/auth/operator.ts';
import { openExchange } from './exchange/exchange.ts';
import { limitRate } from './exchange/http/limits.ts';
import { explainRouter } from './explain/router.ts';
import { explorerRouter } from './explorer/router.ts';
import { hl7Router } from './ingest/http.ts';
import { mllpHandler, openInbox, operatorInboxRoutes, operatorMessageRoutes } from './ingest/inbox.ts';
import { listenMllp } from './ingest/mllp.ts';
import { mapChannels } from './ledger/channel.ts';
import { recognizeChannel } from './ledger/recognize.ts';
import type { Network } from './network.ts';
import { openNormalizer } from './normalize/normalizer.ts';
import { closeHttp, httpApp, listenHttp } from './operate/http.ts';
import type { Logger } from './operate/log.ts';
import { openMetrics } from './operate/metrics.ts';
import { operatorRouter } from './operate/operator.ts';
import { tamperingRoutes } from './operate/tampering.ts';
import { readTls } from './operate/tls.ts';
import { openFileKeyring } from './store/keys/file.ts';
import { openStore } from './store/sql/store.ts';
import { takePart } from './take-part.ts';
import { watch } from './watch.ts';

/** A bridge listens whether or not the ledger is there; so long it waits for it, to be found ready. */
const LEDGER_MS = 10_000;
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
  const channels = mapChannels(await network.join(config, logger), (channel) =>
    recognizeChannel(channel, db, logger),
  );

  // What is kept, and proven.
  const store = await openStore({ db, keyring, now });
  const origin = `mooring.example/${config.organization}`;
  const log = await openLog({ db, origin, signingSecret: await keyring.secret('log-signing'), now });
  const { anchorIntervalMs: intervalMs, anchorLeaves: leaves } = config;
  const anchored = mapChannels(channels, (channel) => {
    const { id, ledger } = channel;
    const anchoring = startAnchoring({ log, channel: id, ledger, intervalMs, leaves, logger, now });
    return { channel, anchoring };
  });
  const proofs = openProofs({
    log,
    channels: mapChannels(anchored, ({ channel, anchoring }) => ({
      name: channel.id,
      ledger: channel.ledger,
      anchored: (size) => anchoring.anchored(size),
    })),
    store,
    db,
  });

  // What comes in.
  const normalizer = await openNormalizer({
    folder: config.mappings || MAPPINGS,
    idSecret: await keyring.secret('resource-id'),
    defaultZone: config.defaultZone,
    storesOrigins: config.messagesOrigins === 'stored',
  });
  const inbox = await openInbox({
    db: await network.database.schema(config.organization, { urgent: true }),
    keyring,
    store,
    normalizer,
    participant: config.organization,
    order: config.messagesOrder,
    testMessages: config.messagesTests,
    onMerge: openMergedPatients(db).add,
    now,
    logger,
  });

  // What may leave.
  const pseudonyms = await keyring.secret('pseudonym');
  const secret = await keyring.secret('projection');
  const { organization: participant, role, mspId, consentMaxAgeMs: maxAgeMs } = config;
  const ruled = await Promise.all(
    mapChannels(anchored, async ({ channel, anchoring }) => {
      const { id, name, ledger } = channel;
      // Another on each channel: who is on two can't tell from them that two patients are one.
      const pseudonym = (patient: string) =>
        createHmac('sha256', pseudonyms).update(`${name}\n${patient}`).digest('base64url');
      const about = { ledger, channel: id, db, secret, participant, pseudonym, now, maxAgeMs, logger };
      return { channel, anchoring, rules: await openConsentRules(about) };
    }),
  );
  const consent = composeChannels(
    mapChannels(ruled, ({ channel, rules }) => ({ channel: channel.name, rules })),
    participant,
  );
  const idOf = (name: string) => channels.find((channel) => channel.name === name)?.id;
  const register = () =>
    takePart(() => consent.registerParticipant({ id: participant, role, mspId }), logger);
  let joined = register();
  let baseUrl = config.baseUrl;
  const exchange = await openExchange({
    store,
    consent,
    proofs: {
      verify: async (...version) => {
        const report = await proofs.verify(...version);
        return report && parametersOf(report);
      },
      receipt: (asking, type, id, version) =>
        proofs.receipt(type, id, version, undefined, idOf(consent.channelOf(asking))),
    },
    keyring,
    db,
    participant: config.organization,
    roleOf: async (id) =>
      (await consent.participants()).find((each) => each.id === id && each.status === 'active')?.role,
    baseUrl: () => baseUrl,
    now,
    logger,
    maxBodyBytes: config.maxBodyBytes,
    requestsPerMinute: config.requestsPerMinute,
  });

  // What the operator sees.
  const metrics = openMetrics();
  const health = watch({ log, inbox, channels: ruled }, metrics);
  const operator = await operatorRouter(
    folder,
    [
      operatorClientRoutes(exchange.clients),
      operatorConsentRoutes(consent),
      operatorLedgerRoutes(
        ruled.map(({ channel, anchoring, rules }) => ({
          channel: channel.name,
          rules,
          anchoringProblem: () => anchoring.status().problem,
          async adopt() {
            await channel.adopt(async () => {
              await rules.forget();
              await log.forgetAnchors(channel.id);
            });
            joined.stop();
            joined = register();
          },
        })),
      ),
      operatorInboxRoutes(inbox),
      operatorMessageRoutes({ ...inbox, normalizer, maxMessageBytes: config.maxMessageBytes }),
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
      ['/explain', await explainRouter()],
      [
        '/',
        logRouter(
          log,
          trustOf(
            log,
            channels.map(({ trust }) => trust),
          ),
        ),
      ],
      ['/ledger', limitRate(config.requestsPerMinute)],
      [
        '/ledger',
        explorerRouter({
          channels: ruled.map(({ channel, rules }) => ({ channel, checkpoints: rules })),
          consents: consent,
          authorize: exchange.authorizeExplorer,
          logger,
        }),
      ],
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
  await Promise.race([joined.done.then(() => consent.ready), delay(LEDGER_MS, undefined, { ref: false })]);
  logger.info({ http: httpPort, mllp: mllp.port }, 'listening');

  return {
    baseUrl,
    mllpPort: mllp.port,
    folder,
    async settled() {
      await inbox.settled();
      await anchored[0].anchoring.anchored((await log.integrate()).size);
    },
    size: async () => (await log.integrate()).size,
    async close() {
      await Promise.all([closeHttp(http), mllp.close()]);
      await inbox.close();
      joined.stop();
      await Promise.all(anchored.map(({ anchoring }) => anchoring.close()));
      await consent.close();
      await Promise.all(channels.map((channel) => channel.close()));
      await store.close();
    },
  };
}
