// SPDX-License-Identifier: Apache-2.0
import { DatabaseError } from './errors.ts';
import type { Entry, Statement } from './journal.ts';
import type { Pglite } from './pglite.ts';
import { kindOf } from './statement.ts';

/** What a connection needs of the one session that all share. */
export interface Session {
  readonly pglite: Pglite;
  /** Waits for the session to be free; the answer gives it back. */
  acquire(schema: string, urgent: boolean): Promise<() => void>;
  /** Commits the open transaction; the promise inside resolves when it is durable. */
  commit(entry: Entry): Promise<{ durable: Promise<void> }>;
  /** Resolves when whatever can be read now is durable. */
  settled(): Promise<void>;
}

export interface QueryResult {
  command: string | undefined;
  rowCount: number;
  rows: unknown[];
}

/**
 * One caller's view of PGlite's only session, in the shape of a connection of node-postgres, which is what kysely's dialect drives.
 * It holds the session from `begin` to `commit`, and lets it go before the commit is durable: the next transaction runs while the disk writes.
 */
export class EmbeddedConnection {
  readonly #session: Session;
  readonly #schema: string;
  readonly #urgent: boolean;
  #giveBack: (() => void) | undefined;
  #written: Statement[] = [];

  constructor(session: Session, schema: string, urgent: boolean) {
    this.#session = session;
    this.#schema = schema;
    this.#urgent = urgent;
  }

  async query(text: string, params: readonly unknown[] = []): Promise<QueryResult> {
    const kind = kindOf(text);
    if (this.#giveBack) return this.#within(kind, text, params);
    switch (kind) {
      case 'begin':
        this.#giveBack = await this.#session.acquire(this.#schema, this.#urgent);
        return this.#run(text, params).catch((cause) => this.#abandon(cause));
      case 'write': {
        await this.query('begin');
        const result = await this.#within(kind, text, params).catch((cause) => this.#abandon(cause));
        await this.#commit();
        return result;
      }
      case 'read':
      case 'maintenance': {
        const giveBack = await this.#session.acquire(this.#schema, this.#urgent);
        const result = await this.#run(text, params).finally(giveBack);
        // Nobody is shown, and can act on, what a power cut could still take away.
        await this.#session.settled();
        return result;
      }
      case 'commit':
      case 'rollback':
      case 'savepoint':
        return { command: text, rowCount: 0, rows: [] };
      default:
        return kind satisfies never;
    }
  }

  /** A transaction left open ends here, undone. */
  release(): void {
    if (this.#giveBack) void this.#rollback().catch(() => {});
  }

  async #within(kind: ReturnType<typeof kindOf>, text: string, params: readonly unknown[]) {
    if (kind === 'commit') {
      await this.#commit();
      return { command: 'COMMIT', rowCount: 0, rows: [] };
    }
    if (kind === 'rollback') {
      await this.#rollback();
      return { command: 'ROLLBACK', rowCount: 0, rows: [] };
    }
    const result = await this.#run(text, params);
    if (kind === 'write' || kind === 'savepoint') this.#written.push({ text, params });
    return result;
  }

  async #commit(): Promise<void> {
    const statements = this.#written;
    let durable: Promise<void>;
    try {
      if (statements.length === 0) {
        await this.#session.pglite.exec('commit');
        durable = this.#session.settled();
      } else {
        ({ durable } = await this.#session.commit({ schema: this.#schema, statements }));
      }
    } catch (cause) {
      return this.#abandon(cause);
    }
    this.#end();
    await durable;
  }

  async #rollback(): Promise<void> {
    try {
      await this.#session.pglite.exec('rollback');
    } finally {
      this.#end();
    }
  }

  async #abandon(cause: unknown): Promise<never> {
    await this.#rollback().catch(() => {});
    throw cause;
  }

  #end(): void {
    this.#written = [];
    this.#giveBack?.();
    this.#giveBack = undefined;
  }

  async #run(text: string, params: readonly unknown[]): Promise<QueryResult> {
    if (this.#session.pglite.closed) throw new DatabaseError('CLOSED', 'the database is closed');
    const result = await this.#session.pglite.query(text, params as unknown[]);
    return {
      command: text.trimStart().split(/\s/, 1)[0]?.toUpperCase(),
      rowCount: result.affectedRows ?? 0,
      rows: result.rows,
    };
  }
}
