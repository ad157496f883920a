// SPDX-License-Identifier: Apache-2.0
import type { Router } from 'express';
import type { Log } from './anchor/log.ts';
import type { Anchoring } from './anchor/worker.ts';
import type { OpenConsentRules } from './consent/rules.ts';
import type { InboxStats } from './ingest/inbox.ts';
import type { LedgerChannel } from './ledger/channel.ts';
import { type HealthCheck, healthRouter } from './operate/health.ts';
import type { Metrics } from './operate/metrics.ts';

/** What is looked at of a running bridge. */
export interface Watched {
  readonly log: Log;
  readonly inbox: { stats(): InboxStats };
  /** The home channel first. */
  readonly channels: readonly WatchedChannel[];
}

export interface WatchedChannel {
  readonly channel: LedgerChannel;
  readonly anchoring: Anchoring;
  readonly rules: OpenConsentRules;
}

/** `/health` and `/metrics` of a bridge: every part it stands on, and of each channel the ledger, the consents and the anchoring. */
export function watch({ log, inbox, channels }: Watched, metrics: Metrics): Router {
  metrics.gauge('log_size', 'leaves of the log', async () => (await log.latest()).size);
  metrics.gauge('log_backlog', 'leaves stored and not in the log yet', () => log.backlog());
  for (const name of ['kept', 'again', 'refused', 'unavailable', 'processed', 'dead', 'waiting'] as const)
    metrics.gauge(
      `hl7v2_messages_${name}`,
      `HL7v2 messages ${name} since the start`,
      () => inbox.stats()[name],
    );
  const gauge = (name: string, help: string, read: (watched: WatchedChannel) => number | Promise<number>) =>
    metrics.gaugeBy('channel', name, help, async () => {
      const values = channels.map(async (each) => [each.channel.name, await read(each)] as const);
      return Object.fromEntries(await Promise.all(values));
    });
  gauge('log_anchored_size', 'leaves under a checkpoint that the channel has', ({ channel }) =>
    log.anchoredSize(channel.id),
  );
  gauge('log_checkpoints', 'checkpoints submitted since the start', ({ anchoring }) => anchoring.submitted());
  gauge(
    'consent_projection_age_seconds',
    'age of what is known of the channel',
    ({ rules }) => rules.ageMs() / 1000,
  );
  gauge('consent_projection_lag_blocks', 'blocks known to be there and not taken in', ({ rules }) =>
    Number(rules.lag()),
  );
  gauge('consent_projection_blocks', 'blocks taken in since the start', ({ rules }) => rules.counts().blocks);
  gauge(
    'consent_projection_alarms',
    'checkpoints that contradict earlier ones, since the start',
    ({ rules }) => rules.counts().alarms,
  );
  gauge(
    'consents_undecided',
    'consents whose terms the peer does not have yet',
    ({ rules }) => rules.counts().undecided,
  );
  return healthRouter(
    { database: () => log.backlog(), ...Object.assign({}, ...channels.map(checks)) },
    metrics,
  );
}

/** The home channel's checks have plain names, those of others the channel's with them. */
function checks({ channel, anchoring, rules }: WatchedChannel, at: number): Record<string, HealthCheck> {
  const named = (check: string) => (at === 0 ? check : `${check}:${channel.name}`);
  return {
    [named('ledger')]: () => channel.ledger.height(),
    // Nobody asks, so nobody is listed; it rejects when neither the projection nor the ledger can be believed.
    [named('consent')]: () => rules.patients({ participant: '', purpose: 'TREAT' }),
    [named('anchoring')]: async () => {
      const { problem } = anchoring.status();
      if (problem !== undefined) throw Object.assign(new Error(), { code: problem });
    },
  };
}
