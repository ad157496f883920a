// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../../operate/log.ts';
import type { Keyring } from '../../store/keys/keyring.ts';
import type { Db } from '../../store/sql/database.ts';
import { type AcknowledgementCode, acknowledgementMode, buildAck } from '../ack.ts';
import type { Hl7Error } from '../hl7/errors.ts';
import type { Message } from '../hl7/message.ts';
import { type Fate, planAnswers, wanted } from './answers.ts';
import type { Endings } from './endings.ts';
import { InboxError } from './errors.ts';
import { codeOf, hl7ErrorOf } from './failures.ts';
import { readHeader } from './inspect.ts';
import { openLetter, readLetter } from './letters.ts';

export interface Answer {
  /** The acknowledgment that goes out at once; absent when the sender wants none. */
  readonly now?: Buffer;
  readonly code?: AcknowledgementCode;
  /** Enhanced mode: the application acknowledgment, once the message is processed; resolves to nothing when none is wanted. */
  readonly later?: Promise<Buffer | undefined>;
}

export interface RepliesOptions {
  readonly db: Db;
  readonly keyring: Keyring;
  readonly endings: Endings;
  readonly now: () => number;
  readonly logger: Logger;
}

/** HL7 v2 before 2.7 has room for 20 characters in MSH-10. */
const CONTROL_ID_CHARS = 20;

/** The acknowledgments that are more than a confirmation of what was just written. */
export class Replies {
  readonly #options: RepliesOptions;

  constructor(options: RepliesOptions) {
    this.#options = options;
  }

  /** To a message that is not kept. */
  refuse(message: Message | Uint8Array, fate: Fate, error: Hl7Error): Answer {
    const mode =
      message instanceof Uint8Array ? ({ mode: 'original' } as const) : acknowledgementMode(message);
    const { now: code } = planAnswers(mode, fate);
    if (!code) return {};
    return { code, now: buildAck(message, code, { now: this.#options.now, errors: [error] }) };
  }

  /** To a message that was here before: the very bytes of the first time. */
  async again(id: string): Promise<Answer> {
    const { db, keyring, endings } = this.#options;
    const ended = endings.wait(id);
    const letter = await readLetter(db, id);
    const opened = await openLetter(db, keyring, id);
    if (!letter || !opened) throw new InboxError('NOT_FOUND', `inbox message ${id} is not there`);
    if (letter.status !== 'received' || !letter.application) endings.ended(id);
    return {
      ...(opened.answer ? { now: opened.answer, code: letter.answerCode as AcknowledgementCode } : {}),
      ...(letter.application ? { later: ended.then(() => this.application(id)) } : {}),
    };
  }

  /**
   * The application acknowledgment of a message that has ended. It follows from what the table says, and so is the same whenever
   * it is asked for: MSH-7 is the time of the end, MSH-10 comes from the id.
   */
  async application(id: string): Promise<Buffer | undefined> {
    try {
      const { db, keyring } = this.#options;
      const letter = await readLetter(db, id);
      if (!letter?.application || letter.endedAt === undefined) return undefined;
      const success = letter.status === 'processed';
      const opened = wanted(letter.application, success) ? await openLetter(db, keyring, id) : undefined;
      if (!opened) return undefined;
      const endedAt = Date.parse(letter.endedAt);
      return buildAck(readHeader(opened.bytes), success ? 'AA' : 'AE', {
        now: () => endedAt,
        controlId: id.replaceAll('-', '').slice(0, CONTROL_ID_CHARS),
        errors: letter.failure ? [hl7ErrorOf(letter.failure)] : [],
      });
    } catch (error) {
      this.#options.logger.error({ inbox: id, code: codeOf(error) }, 'application acknowledgment not built');
      return undefined;
    }
  }
}
