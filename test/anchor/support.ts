// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { leafData } from '../../src/anchor/commitment.ts';
import {
  type DatabaseServer,
  type Db,
  openEmbedded,
  openPostgres,
  sql,
} from '../../src/store/sql/database.ts';

export const ORIGIN = 'hospital.example/log';
export const SEED = Buffer.alloc(32, 1);
/** 2026-05-04T00:00:00Z: time is a parameter. */
export const NOW = 1_777_852_800_000;

export async function ownServer(t: TestContext): Promise<DatabaseServer> {
  const server = await openEmbedded();
  t.after(() => server.close());
  return server;
}

/** A schema of the test's own on a PostgreSQL server. */
export async function ownPostgresSchema(t: TestContext, url: string): Promise<Db> {
  const server = await openPostgres(url);
  const name = `anchor_${randomBytes(6).toString('hex')}`;
  const db = await server.schema(name);
  t.after(async () => {
    await sql`drop schema ${sql.id(name)} cascade`.execute(db);
    await server.close();
  });
  return db;
}

export function leafAt(index: number): Uint8Array {
  return leafData('resource', createHash('sha256').update(`commitment ${index}`).digest());
}

/** Adds leaves as the store does, all in one transaction, without the content, which the log never looks at. */
export async function addLeaves(db: Db, count: number, leaf = leafAt): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ size: number }>`select size from log_size for update`.execute(tx);
    const begin = Number(rows[0]?.size);
    const made = Array.from({ length: count }, (_, at) => ({
      index: begin + at,
      leaf: Buffer.from(leaf(begin + at)).toString('base64'),
    }));
    await sql`insert into version (type, id, version, current, deleted, updated, leaf_index, leaf, content, content_key, tokens)
      select 'Basic', index::text, 1, true, false, ${new Date(NOW).toISOString()}, index, decode(leaf, 'base64'), '', '', '{}'
      from json_to_recordset(${JSON.stringify(made)}::json) as new(index bigint, leaf text)`.execute(tx);
    await sql`update log_size set size = ${begin + count}`.execute(tx);
  });
}
