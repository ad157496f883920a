// SPDX-License-Identifier: Apache-2.0
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { DatabaseServer, Db } from './database.ts';
import { migrate } from './migrate.ts';
import { schemaName } from './schema.ts';

const CONNECTIONS_PER_SCHEMA = 10;
const CONNECT_TIMEOUT_MS = 10_000;

const INT8 = 20;
const INT8_ARRAY = 1016;

/** A PostgreSQL server, or what speaks its protocol. Several processes may share it. */
export async function openPostgres(url: string): Promise<DatabaseServer> {
  const pools: pg.Pool[] = [];
  const open = (schema: string, max: number) => {
    const pool = new pg.Pool({
      connectionString: url,
      max,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      // In the start-up packet, so that no connection is ever used without them.
      options: `-c search_path=${schema} -c synchronous_commit=on -c TimeZone=UTC`,
      types: { getTypeParser } as never,
    });
    // An idle connection that breaks is replaced by the next one asked for; unheard, the event would end the process.
    pool.on('error', () => {});
    return pool;
  };
  return {
    async schema(name): Promise<Db> {
      const quoted = schemaName(name);
      await createSchema(open('public', 1), name, quoted);
      const pool = open(name, CONNECTIONS_PER_SCHEMA);
      pools.push(pool);
      // biome-ignore lint/complexity/noBannedTypes: see Db
      const db = new Kysely<{}>({ dialect: new PostgresDialect({ pool }) });
      await migrate(db, name);
      return db;
    },
    // PostgreSQL's own log is durable: there is nothing to copy.
    async snapshot() {},
    async close() {
      await Promise.all(pools.splice(0).map((pool) => pool.end()));
    },
  };
}

async function createSchema(pool: pg.Pool, name: string, quoted: string): Promise<void> {
  const client = await pool.connect();
  try {
    // `if not exists` alone fails when two instances start at the same moment.
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock(hashtext($1))', [`mooring schema ${name}`]);
    await client.query(`create schema if not exists ${quoted}`);
    await client.query('commit');
  } finally {
    client.release();
    await pool.end();
  }
}

/** Values come out as PGlite gives them: a bigint is a number as long as that is exact. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (oid === INT8) return parseInt8;
  if (oid === INT8_ARRAY) return (text) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(parseInt8));
  return pg.types.getTypeParser(oid, format as 'text');
}

function parseInt8(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
