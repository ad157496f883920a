// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { auditEvent } from '../../audit/event.ts';
import type { Normalizer } from '../../normalize/convert.ts';
import type { Keyring } from '../../store/keys/keyring.ts';
import type { Db } from '../../store/sql/database.ts';
import type { Store } from '../../store/store.ts';
import { printLocation } from '../hl7/errors.ts';
import type { Arrivals } from './arrivals.ts';
import type { Endings } from './endings.ts';
import { InboxError } from './errors.ts';
import type { TestMessages } from './header.ts';
import { inspect, keptOf } from './inspect.ts';
import { type Letter, listDead, openLetter, readLetter } from './letters.ts';
import type { Tokens } from './tokens.ts';

export interface DeadLetters {
  /** In the order of arrival, after an arrival; those that have been replayed only when asked for. */
  list(options?: { after?: string; limit?: number; replayed?: boolean }): Promise<readonly Letter[]>;
  /** With the message as it came. That somebody looked is audited first. */
  show(id: string): Promise<{ letter: Letter; message: Buffer }>;
  /**
   * Processes a dead letter anew, as it came or corrected, as the newest message of its patient. The original is kept and linked.
   * Resolves when the replay has ended. Throws InboxError, and then nothing has changed.
   */
  replay(id: string, corrected?: Uint8Array): Promise<Letter>;
}

export interface DeadLettersOptions {
  readonly db: Db;
  readonly keyring: Keyring;
  readonly store: Store;
  readonly normalizer: Normalizer;
  readonly tokens: Tokens;
  readonly arrivals: Arrivals;
  readonly endings: Endings;
  readonly testMessages?: TestMessages | undefined;
  readonly participant: string;
  readonly now: () => number;
}

const MAX_LIST = 1_000;

export function openDeadLetters(options: DeadLettersOptions): DeadLetters {
  const { db, keyring } = options;

  async function letterOf(id: string): Promise<Letter> {
    const letter = await readLetter(db, id);
    if (!letter) throw new InboxError('NOT_FOUND', `the inbox has no message ${id}`);
    return letter;
  }

  async function contentOf(id: string): Promise<Buffer> {
    const opened = await openLetter(db, keyring, id);
    if (!opened) throw new InboxError('NOT_FOUND', `the inbox has no message ${id}`);
    return opened.bytes;
  }

  return {
    list: ({ after = '0', limit = 100, replayed = false } = {}) =>
      listDead(db, { after, limit: Math.min(limit, MAX_LIST), replayed }),

    async show(id) {
      const letter = await letterOf(id);
      const message = await contentOf(id);
      await options.store.commit({ changes: [], audit: () => [lookedAt(options, id, 'dead-letter')] });
      return { letter, message };
    },

    async replay(id, corrected) {
      const letter = await letterOf(id);
      if (letter.status !== 'dead') {
        throw new InboxError('NOT_DEAD', `inbox message ${id} is ${letter.status}, not dead`);
      }
      if (letter.replayedBy) {
        throw new InboxError('ALREADY_REPLAYED', `inbox message ${id} was replayed by ${letter.replayedBy}`);
      }
      const replay = randomUUID();
      const ended = options.endings.wait(replay);
      try {
        await options.arrivals.add(replayOf(options, replay, letter, corrected ?? (await contentOf(id))));
      } catch (error) {
        options.endings.ended(replay);
        throw error;
      }
      await ended;
      return letterOf(replay);
    },
  };
}

function replayOf(options: DeadLettersOptions, id: string, original: Letter, bytes: Uint8Array) {
  const inspection = inspect(bytes, options.normalizer, options.testMessages);
  if (inspection.fate !== 'accepted') {
    const { code, message, location } = inspection.error;
    const place = location ? ` at ${printLocation(location)}` : '';
    throw new InboxError('REPLAY_REFUSED', `error ${code}${place}: ${message}`, { cause: inspection.error });
  }
  const { message, conversion } = inspection;
  return {
    id,
    bytes,
    receivedAt: options.now(),
    transport: original.transport,
    sender: options.tokens.sender(message),
    controlId: options.tokens.controlId(message),
    digest: options.tokens.digest(bytes),
    lanes: options.tokens.lanes(message, conversion),
    ...keptOf(conversion),
    answerCode: '',
    replays: original.id,
  };
}

/** That the operator looked at the content of a message. */
export function lookedAt(
  { participant, now }: Pick<DeadLettersOptions, 'participant' | 'now'>,
  id: string,
  interaction: 'dead-letter' | 'inbox-message',
) {
  return auditEvent({
    action: 'R',
    interaction,
    outcome: 'success',
    agent: { participant },
    entities: [],
    basis: `operator, inbox message ${id}`,
    at: new Date(now()).toISOString(),
  });
}
