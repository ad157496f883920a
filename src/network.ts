// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { type Config, ConfigError, channelNames } from './config.ts';
import type { Channels, LedgerChannel } from './ledger/channel.ts';
import { openEmbeddedChannels } from './ledger/embedded/channels.ts';
import type { Logger } from './operate/log.ts';
import { openFileKeyring } from './store/keys/file.ts';
import { type DatabaseServer, openEmbedded, openPostgres } from './store/sql/database.ts';

/** What bridges of one process share: a database server, in which each has its schema, and the channels they agree on. */
export interface Network {
  readonly database: DatabaseServer;
  /** The channels that the organization is on, its home channel first, under its own identity. Whoever joins closes them. */
  join(config: Config, logger: Logger): Promise<Channels<LedgerChannel>>;
  close(): Promise<void>;
}

export async function openNetwork(config: Config): Promise<Network> {
  const database = config.databaseUrl
    ? await openPostgres(config.databaseUrl)
    : await openEmbedded(join(config.dataDir, 'database'));
  if (config.ledger === 'fabric') return { database, join: joinFabric, close: () => database.close() };
  const channels = await openEmbeddedChannels({
    database,
    keyring: await openFileKeyring(join(config.dataDir, 'ledger', 'keys')),
    now: Date.now,
  });
  return {
    database,
    join: (member) => channels.join(channelNames(member), { mspId: member.mspId, name: member.organization }),
    async close() {
      await channels.close();
      await database.close();
    },
  };
}

/** Loaded when it is configured: gRPC takes its time to load, and most newcomers don't need it. */
async function joinFabric(config: Config, logger: Logger): Promise<Channels<LedgerChannel>> {
  const { readConnection } = await import('./ledger/fabric/connection-file.ts');
  const { openFabric } = await import('./ledger/fabric/fabric.ts');
  const file = join(config.fabricConnections, `${config.organization}.json`);
  const connection = await readConnection(file);
  if (connection.mspId !== config.mspId)
    throw new ConfigError(`mspId is ${config.mspId}, but ${file} is of ${connection.mspId}`);
  return openFabric(connection, channelNames(config), logger);
}
