// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import type { UnknownCode } from '../../normalize/unknown.ts';
import type { Logger } from '../../operate/log.ts';
import { seal, unseal } from '../../store/keys/seal.ts';
import { type Db, sql } from '../../store/sql/database.ts';
import { InboxError } from './errors.ts';
import { codeOf } from './failures.ts';
import type { InboxLimits } from './limits.ts';

/** A code that no mapping knows, and in how many messages it came. */
export interface CountedCode extends UnknownCode {
  readonly messages: number;
  readonly lastAt: string;
}

export interface UnknownCodesOptions {
  readonly db: Db;
  readonly now: () => number;
  readonly logger: Logger;
  readonly limits: Pick<InboxLimits, 'codesMs' | 'maxCodes'>;
}

/** Different codes that wait to be written. */
const MAX_PENDING = 2_000;

interface Pending {
  readonly code: UnknownCode;
  messages: number;
  lastAt: number;
}

/**
 * Counts codes that no mapping knows. They are values of messages: in the table they are sealed, and what they are found again by is
 * keyed. A process that is killed loses the counts of its last seconds.
 */
export class UnknownCodeCounts {
  readonly #options: UnknownCodesOptions;
  readonly #tokenKey: Buffer;
  readonly #sealKey: Buffer;
  /** Of messages on their way into the inbox, by their ids. */
  readonly #offered = new Map<string, readonly UnknownCode[]>();
  readonly #timer: NodeJS.Timeout;
  #pending = new Map<string, Pending>();
  #writing: Promise<void> = Promise.resolve();

  constructor(options: UnknownCodesOptions, secret: Uint8Array) {
    this.#options = options;
    this.#tokenKey = createHmac('sha256', secret).update('mooring unknown codes v1').digest();
    this.#sealKey = createHmac('sha256', secret).update('mooring unknown codes, sealed, v1').digest();
    this.#timer = setInterval(() => {
      this.flush().catch((error) =>
        options.logger.error({ code: codeOf(error) }, 'unknown codes not written'),
      );
    }, options.limits.codesMs).unref();
  }

  /** A message with these codes may become new in the inbox. */
  offer(id: string, codes: readonly UnknownCode[]): void {
    if (codes.length > 0) this.#offered.set(id, codes);
  }

  /** It didn't. */
  drop(id: string): void {
    this.#offered.delete(id);
  }

  /** It did: its codes count. */
  count(id: string): void {
    const codes = this.#offered.get(id);
    if (!codes) return;
    this.#offered.delete(id);
    for (const code of codes) {
      const key = keyOf(code);
      const known = this.#pending.get(key);
      if (known) {
        known.messages += 1;
        known.lastAt = this.#options.now();
      } else if (this.#pending.size < MAX_PENDING)
        this.#pending.set(key, { code, messages: 1, lastAt: this.#options.now() });
    }
  }

  /** Writes what has been counted; one at a time. */
  flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#flush());
    return this.#writing;
  }

  /** The codes, most frequent first. */
  async list(): Promise<CountedCode[]> {
    await this.flush();
    const found = await sql<{
      token: Uint8Array;
      sealed: Uint8Array;
      messages: string;
      last_at: Date | string;
    }>`
      select token, sealed, messages::text as messages, last_at from unknown_code
      order by unknown_code.messages desc, last_at desc`.execute(this.#options.db);
    return found.rows.map(({ token, sealed, messages, last_at }) => ({
      ...this.#open(token, sealed),
      messages: Number(messages),
      lastAt: new Date(last_at).toISOString(),
    }));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush().catch((error) =>
      this.#options.logger.error({ code: codeOf(error) }, 'unknown codes not written'),
    );
  }

  async #flush(): Promise<void> {
    if (this.#pending.size === 0) return;
    const { db, limits } = this.#options;
    const taken = this.#pending;
    this.#pending = new Map();
    try {
      // In one order, so that two bridges on one table don't wait for each other.
      const rows = [...taken]
        .map(([key, pending]) => this.#rowOf(key, pending))
        .sort((a, b) => (a.token < b.token ? -1 : 1));
      await sql`insert into unknown_code (token, sealed, messages, last_at)
        select decode(r.token, 'hex'), decode(r.sealed, 'base64'), r.messages, r.last_at
        from json_to_recordset(${JSON.stringify(rows)}::text::json)
          as r(token text, sealed text, messages bigint, last_at timestamptz)
        on conflict (token) do update set messages = unknown_code.messages + excluded.messages,
          last_at = greatest(unknown_code.last_at, excluded.last_at)`.execute(db);
    } catch (error) {
      this.#putBack(taken);
      throw error;
    }
    await sql`delete from unknown_code where token in (select token from unknown_code
      order by unknown_code.messages desc, last_at desc, token offset ${limits.maxCodes}::int)`.execute(db);
  }

  #putBack(taken: ReadonlyMap<string, Pending>): void {
    for (const [key, { code, messages, lastAt }] of taken) {
      const known = this.#pending.get(key);
      if (known) known.messages += messages;
      else this.#pending.set(key, { code, messages, lastAt });
    }
  }

  #rowOf(key: string, { code, messages, lastAt }: Pending) {
    const token = createHmac('sha256', this.#tokenKey).update(key).digest('hex');
    const sealed = seal(this.#sealKey, Buffer.from(JSON.stringify(code)), contextOf(token));
    return { token, sealed: sealed.toString('base64'), messages, last_at: new Date(lastAt).toISOString() };
  }

  #open(token: Uint8Array, sealed: Uint8Array): UnknownCode {
    const plain = unseal(this.#sealKey, sealed, contextOf(Buffer.from(token).toString('hex')));
    if (!plain) throw new InboxError('CONTENT_DAMAGED', 'a counted code does not open');
    return JSON.parse(plain.toString()) as UnknownCode;
  }
}

/** A code is one by its sender, field, map and coding system, whatever the sender calls it. */
function keyOf({ sender, field, map, system, code }: UnknownCode): string {
  return JSON.stringify([sender, field, map ?? '', system, code]);
}

const contextOf = (token: string): string => `unknown-code/${token}`;
