// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { Conversion, Normalizer } from '../normalize/convert.ts';
import type { Logger } from '../operate/log.ts';
import type { Keyring } from '../store/keys/keyring.ts';
import type { Db } from '../store/sql/database.ts';
import type { Store } from '../store/store.ts';
import type { AcknowledgementCode } from './ack.ts';
import { Arrivals } from './inbox/arrivals.ts';
import { Backlog } from './inbox/backlog.ts';
import { type DeadLetters, openDeadLetters } from './inbox/dead-letters.ts';
import { Desk } from './inbox/desk.ts';
import { Endings } from './inbox/endings.ts';
import { codeOf } from './inbox/failures.ts';
import type { TestMessages } from './inbox/header.ts';
import { readReport, summarize } from './inbox/letters.ts';
import { DEFAULT_LIMITS, type InboxLimits } from './inbox/limits.ts';
import { type KeptMessages, openMessages } from './inbox/messages.ts';
import { Replies } from './inbox/replies.ts';
import { openTokens } from './inbox/tokens.ts';
import { type CountedCode, UnknownCodeCounts } from './inbox/unknown-codes.ts';
import { processMessage } from './inbox/worker.ts';
import { type Outcome, openReceiver, type Receive } from './receive.ts';

export { InboxError, type InboxErrorCode } from './inbox/errors.ts';
export type { InboxLimits } from './inbox/limits.ts';
export { mllpHandler } from './inbox/mllp.ts';
export { operatorInboxRoutes } from './inbox/operator.ts';
export { operatorMessageRoutes } from './inbox/operator-messages.ts';
export type { Answer, Receive, Via } from './receive.ts';

export interface InboxOptions {
  readonly db: Db;
  readonly keyring: Keyring;
  readonly store: Store;
  readonly normalizer: Normalizer;
  /** The organization, as the ledger and the audit know it. */
  readonly participant: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly logger: Logger;
  /** Which of two messages is the newer one: by when what it says was recorded (`event`, the default), or by when it came. */
  readonly order?: 'event' | 'arrival';
  /** Told of each merge of two Patients, by their ids, before anything of it is stored. */
  readonly onMerge?: (prior: string, survivor: string) => Promise<void>;
  /** What becomes of messages for training and debugging; default: they are kept apart. */
  readonly testMessages?: TestMessages;
  readonly limits?: Partial<InboxLimits>;
  /** Told of each answer, for counting: `AA`, … or nothing when none was wanted. */
  readonly onAnswer?: (code: AcknowledgementCode | undefined) => void;
}

/** Messages by what came of them: `dead` at arrival or later, `again` for resends. Counted since the process started, but for `waiting`. */
export interface InboxStats extends Readonly<Record<Outcome, number>> {
  readonly processed: number;
  /** In memory, waiting or being processed. */
  readonly waiting: number;
}

export interface Inbox {
  /** Takes a message and answers it; what was answered with AA, AE or CA is durable. */
  readonly receive: Receive;
  readonly deadLetters: DeadLetters;
  readonly messages: KeptMessages;
  /** Resolves when all messages accepted so far have been processed, or are dead letters. */
  settled(): Promise<void>;
  stats(): InboxStats;
  /** How many messages have each status, and which fields no mapping took. */
  summary(): ReturnType<typeof summarize>;
  report(id: string): ReturnType<typeof readReport>;
  /** Codes that no mapping knows, most frequent first. */
  unknownCodes(): Promise<CountedCode[]>;
  /** Takes nothing more, ends what it is doing; what waits is found again at the next start. */
  close(): Promise<void>;
}

/** Opens the inbox over its table, and goes on with what was left unprocessed. */
export async function openInbox(options: InboxOptions): Promise<Inbox> {
  const { db, keyring, logger, now } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const instance = randomUUID();
  const stopping = new AbortController();
  const counts = { kept: 0, again: 0, refused: 0, unavailable: 0, processed: 0, dead: 0 };
  const endings = new Endings();
  const desk = new Desk<Conversion>(limits.maxConversions);
  const tokens = await openTokens(keyring);
  const unknown = new UnknownCodeCounts({ ...options, limits }, await keyring.secret('blind-index'));
  const worker = { ...options, ...limits, signal: stopping.signal };

  async function run(id: string): Promise<void> {
    const ending = await processMessage(worker, id, desk.take(id));
    if (ending !== 'waiting') counts[ending] += 1;
    endings.ended(id);
  }

  const backlog = new Backlog({
    ...{ db, instance, logger, now, run },
    ...limits,
    receiving: () => arrivals.busy,
  });
  const arrivals: Arrivals = new Arrivals({
    db,
    keyring,
    logger,
    instance,
    ...limits,
    onLanded: (landed, foreign) => {
      for (const { id } of landed) unknown.count(id);
      backlog.landed(landed, foreign);
    },
    onIdle: () => backlog.wake(),
    onUncertain: () => backlog.catchUp(),
  });
  const replies = new Replies({ db, keyring, endings, now, logger });
  await backlog.start();
  const sweeping = setInterval(() => {
    backlog.sweep().catch((error) => logger.error({ code: codeOf(error) }, 'inbox not swept'));
  }, limits.sweepMs).unref();

  return {
    receive: openReceiver({
      ...{ normalizer: options.normalizer, testMessages: options.testMessages },
      ...{ tokens, arrivals, endings, replies, now, logger },
      desk: {
        keep(id, conversion) {
          unknown.offer(id, conversion.unknownCodes);
          desk.keep(id, conversion);
        },
        drop(id) {
          unknown.drop(id);
          desk.drop(id);
        },
      },
      onAnswer: (outcome, code) => {
        counts[outcome] += 1;
        options.onAnswer?.(code);
      },
    }),
    deadLetters: openDeadLetters({ ...options, tokens, arrivals, endings }),
    messages: openMessages(options),
    settled: () => backlog.settled(),
    stats: () => ({ ...counts, waiting: backlog.size }),
    summary: () => summarize(db),
    report: (id) => readReport(db, id),
    unknownCodes: () => unknown.list(),
    async close() {
      clearInterval(sweeping);
      await arrivals.close();
      await unknown.close();
      stopping.abort();
      await backlog.close();
      endings.close();
    },
  };
}
