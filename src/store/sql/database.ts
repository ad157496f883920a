// SPDX-License-Identifier: Apache-2.0
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { migrate } from './migrate.ts';

/** Rows are read and written with kysely's `sql` template, typed where they are used. */
// biome-ignore lint/complexity/noBannedTypes: no table is known to kysely's builder
export type Db = Kysely<{}>;

/** One database in which every bridge, and the embedded ledger, has a schema of its own. */
export interface DatabaseServer {
  /** Opens the schema, made and migrated when absent. A transaction resolves only when it is durable. */
  schema(name: string): Promise<Db>;
  close(): Promise<void>;
}

/** Embedded PostgreSQL; without a folder it lives in memory. */
export async function openEmbedded(folder?: string): Promise<DatabaseServer> {
  const pglite = await PGlite.create(folder ?? 'memory://');
  let turn: Promise<void> = Promise.resolve();
  let current = '';
  return {
    async schema(name) {
      await pglite.exec(`create schema if not exists ${name}`);
      const pool = {
        async connect() {
          const before = turn;
          let release = () => {};
          turn = new Promise((done) => {
            release = () => done();
          });
          await before;
          if (current !== name) {
            await pglite.exec(`set search_path to ${name}`);
            current = name;
          }
          return {
            query: async (text: string, params: unknown[]) => {
              const result = await pglite.query(text, params as never[]);
              return {
                command: text.trim().split(/\s/, 1)[0]?.toUpperCase(),
                rowCount: result.affectedRows ?? 0,
                rows: result.rows,
              };
            },
            release,
          };
        },
        async end() {},
      };
      // biome-ignore lint/complexity/noBannedTypes: see Db
      const db = new Kysely<{}>({ dialect: new PostgresDialect({ pool: pool as never }) });
      await migrate(db);
      return db;
    },
    close: () => pglite.close(),
  };
}

export { sql };
