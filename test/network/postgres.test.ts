// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import pg from 'pg';
import { needs } from '../require.ts';
import { endAll, mooring, serve, temporaryFolder } from './harness.ts';

test('on PostgreSQL every step of the tour is as expected too', { timeout: 120_000 }, async (t) => {
  const server = needs('postgres', 'MOORING_TEST_POSTGRES');
  if ('skip' in server) return t.skip(server.skip);
  const folder = await temporaryFolder();
  const database = await newDatabase(server.value);
  try {
    const network = await serve(folder.path, ['--demo'], { MOORING_DATABASE_URL: database.url });
    const where = [
      '--url',
      network.url,
      '--mllp',
      `127.0.0.1:${network.mllpPort}`,
      '--data-dir',
      folder.path,
    ];
    const tour = await mooring(['tour', ...where]);
    assert.equal(tour.code, 0, tour.out + tour.err);
    assert.equal(await network.stop(), 0);
  } finally {
    await endAll();
    await database.drop();
    await folder.remove();
  }
});

/** A database of this test's own on the server. */
async function newDatabase(server: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `mooring_${randomBytes(6).toString('hex')}`;
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await run(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => run(`drop database ${name} with (force)`) };
}
