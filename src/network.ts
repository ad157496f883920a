// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Config } from './config.ts';
import { type EmbeddedChannel, openEmbeddedChannel } from './ledger/embedded/channel.ts';
import { openFileKeyring } from './store/keys/file.ts';
import { type DatabaseServer, openEmbedded, openPostgres } from './store/sql/database.ts';

/** What bridges of one process share: a database server, in which each has its schema, and the channel they agree on. */
export interface Network {
  readonly database: DatabaseServer;
  readonly channel: EmbeddedChannel;
  close(): Promise<void>;
}

export async function openNetwork(config: Config): Promise<Network> {
  const database = config.databaseUrl
    ? await openPostgres(config.databaseUrl)
    : await openEmbedded(join(config.dataDir, 'database'));
  const keyring = await openFileKeyring(join(config.dataDir, 'ledger', 'keys'));
  const channel = await openEmbeddedChannel({
    db: await database.schema('ledger'),
    now: Date.now,
    signingSecret: await keyring.secret('ledger-identity'),
  });
  return {
    database,
    channel,
    async close() {
      await channel.close();
      await database.close();
    },
  };
}
