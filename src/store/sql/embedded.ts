// SPDX-License-Identifier: Apache-2.0
import { Kysely, PostgresDialect } from 'kysely';
import { EmbeddedConnection, type Session } from './connection.ts';
import type { DatabaseServer, Db } from './database.ts';
import { DatabaseError } from './errors.ts';
import { type DataFolder, openDataFolder } from './folder.ts';
import { newPglite } from './image.ts';
import type { Entry } from './journal.ts';
import { migrate } from './migrate.ts';
import type { Pglite } from './pglite.ts';
import { schemaName } from './schema.ts';
import { Turns } from './turns.ts';

export interface EmbeddedOptions {
  /** The journal's size at which a snapshot is made and the journal begins anew. It grows with the database, so that copying stays a small share. */
  readonly snapshotAfterBytes?: number;
}

const SNAPSHOT_AFTER_BYTES = 64 * 2 ** 20;

// PGlite has no autovacuum, and a planner that knows nothing of the tables reads them whole. A small sample tells it enough.
const ANALYZE = 'set default_statistics_target = 10; analyze';
const FIRST_ANALYZE_AFTER_COMMITS = 250;
const ANALYZE_GROWTH = 4;
const MAX_ANALYZE_AFTER_COMMITS = 50_000;

/** Embedded PostgreSQL with durable commits; without a folder it lives in memory. See docs/store.md. */
export async function openEmbedded(folder?: string, options: EmbeddedOptions = {}): Promise<DatabaseServer> {
  if (folder === undefined) return new EmbeddedServer(await newPglite(), undefined, 0);
  const opened = await openDataFolder(folder, options.snapshotAfterBytes ?? SNAPSHOT_AFTER_BYTES);
  return new EmbeddedServer(opened.pglite, opened.folder, opened.position);
}

class EmbeddedServer implements DatabaseServer, Session {
  readonly pglite: Pglite;
  readonly #folder: DataFolder | undefined;
  #position: number;
  readonly #turns = new Turns();
  #searchPath = '';
  #closed: Promise<void> | undefined;
  #failure: unknown;
  #commitsSinceAnalyze = 0;
  #analyzeAfterCommits = FIRST_ANALYZE_AFTER_COMMITS;

  constructor(pglite: Pglite, folder: DataFolder | undefined, position: number) {
    this.pglite = pglite;
    this.#folder = folder;
    this.#position = position;
  }

  async schema(name: string, { urgent = false } = {}): Promise<Db> {
    await this.#connection('').query(`create schema if not exists ${schemaName(name)}`);
    const pool = { connect: async () => this.#connection(name, urgent), end: async () => {} };
    // The pool has the two methods that the dialect calls, not the rest of node-postgres.
    const dialect = new PostgresDialect({ pool: pool as never });
    // biome-ignore lint/complexity/noBannedTypes: see Db
    const db = new Kysely<{}>({ dialect });
    await migrate(db, name);
    return db;
  }

  async snapshot(): Promise<void> {
    await this.#snapshotWhen(() => true);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async acquire(schema: string, urgent: boolean): Promise<() => void> {
    if (this.#closed) throw new DatabaseError('CLOSED', 'the database is closed');
    const giveBack = await this.#turns.take(urgent);
    try {
      // What PGlite has committed and the journal has not is nobody's truth: nothing is read or written on top of it.
      if (this.#failure) throw this.#failure;
      if (this.#searchPath !== schema) {
        await this.pglite.exec(`set search_path to ${schema === '' ? 'public' : schemaName(schema)}`);
        this.#searchPath = schema;
      }
      return giveBack;
    } catch (cause) {
      giveBack();
      throw cause;
    }
  }

  async commit(entry: Entry): Promise<{ durable: Promise<void> }> {
    if (++this.#commitsSinceAnalyze >= this.#analyzeAfterCommits) this.#analyzeSoon();
    const folder = this.#folder;
    if (!folder) {
      await this.pglite.exec('commit');
      return { durable: Promise.resolve() };
    }
    await this.pglite.exec(folder.commitAt(this.#position + 1));
    this.#position++;
    const durable = folder.append(this.#position, entry).catch((cause) => {
      this.#failure = cause;
      throw cause;
    });
    durable.catch(() => {});
    if (folder.wantsSnapshot()) void this.#snapshotWhen(() => folder.wantsSnapshot()).catch(() => {});
    return { durable };
  }

  settled(): Promise<void> {
    return this.#folder?.synced() ?? Promise.resolve();
  }

  #analyzeSoon(): void {
    this.#commitsSinceAnalyze = 0;
    this.#analyzeAfterCommits = Math.min(
      this.#analyzeAfterCommits * ANALYZE_GROWTH,
      MAX_ANALYZE_AFTER_COMMITS,
    );
    // Only speed depends on it: when it fails, the next one is tried.
    void this.#alone(() => this.pglite.exec(ANALYZE)).catch(() => {});
  }

  #connection(schema: string, urgent = false): EmbeddedConnection {
    return new EmbeddedConnection(this, schema, urgent);
  }

  async #snapshotWhen(wanted: () => boolean): Promise<void> {
    await this.#alone(async () => {
      if (!this.#folder || !wanted()) return;
      try {
        await this.#folder.snapshot(this.pglite, this.#position);
      } catch (cause) {
        this.#failure ??= cause;
        throw cause;
      }
    });
  }

  /** Nobody else uses PGlite meanwhile. Nothing is done any more once it is closed or has failed. */
  async #alone(act: () => Promise<unknown>): Promise<void> {
    const giveBack = await this.#turns.take(false);
    try {
      if (!this.pglite.closed && !this.#failure) await act();
    } finally {
      giveBack();
    }
  }

  async #close(): Promise<void> {
    const giveBack = await this.#turns.take(false);
    try {
      await this.#folder?.synced().catch(() => {});
      await this.pglite.close();
      await this.#folder?.close(this.#failure === undefined);
    } finally {
      giveBack();
    }
  }
}
