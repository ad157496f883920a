// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DatabaseServer, openEmbedded, openPostgres } from '../../src/store/sql/database.ts';
import { storeBehaviour } from './behaviour.ts';

storeBehaviour('embedded', openInFolder);

const url = process.env['MOORING_TEST_POSTGRES'];
const required = (process.env['MOORING_TEST_REQUIRE'] ?? '').split(',').includes('postgres');
if (url) storeBehaviour('PostgreSQL', () => openPostgres(url));
else
  test('store: PostgreSQL', {
    skip: required ? false : 'set MOORING_TEST_POSTGRES to a URL to run it',
  }, () => {
    throw new Error('MOORING_TEST_REQUIRE names postgres, but MOORING_TEST_POSTGRES is not set');
  });

async function openInFolder(): Promise<DatabaseServer> {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-store-'));
  const server = await openEmbedded(folder);
  const close = async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { schema: (name) => server.schema(name), snapshot: () => server.snapshot(), close };
}
