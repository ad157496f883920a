// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { type Kysely, type Migration, Migrator } from 'kysely';

const FOLDER = new URL('../migrations/', import.meta.url);

/** Brings the schema to the newest version: one file of `store/migrations/` a step, in the order of their names. */
export async function migrate(db: Kysely<never> | Kysely<object>, schema: string): Promise<void> {
  const migrator = new Migrator({
    db: db as Kysely<never>,
    provider: { getMigrations },
    // By name, for else the migrator takes another schema's table of this name for this one's.
    migrationTableSchema: schema,
  });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

async function getMigrations(): Promise<Record<string, Migration>> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{4}-.*\.(ts|js)$/.test(name)).sort();
  const found: Record<string, Migration> = {};
  for (const name of names) found[name.replace(/\.(ts|js)$/, '')] = await import(new URL(name, FOLDER).href);
  return found;
}
