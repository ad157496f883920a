// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';
import type { Keyring } from '../../store/keys/keyring.ts';
import type { DatabaseServer } from '../../store/sql/database.ts';
import { type Channels, type LedgerChannel, mapChannels } from '../channel.ts';
import { type EmbeddedChannel, openEmbeddedChannel } from './channel.ts';
import type { Identity } from './proposal.ts';

/** The embedded channels of one process, each over a schema and with keys of its own: nothing crosses from one to another. */
export interface EmbeddedChannels {
  /** As a member with this identity. */
  join(names: Channels<string>, identity: Identity): Promise<Channels<LedgerChannel>>;
  close(): Promise<void>;
}

export interface EmbeddedChannelsOptions {
  readonly database: DatabaseServer;
  readonly keyring: Keyring;
  readonly now: () => number;
}

/** It was there before there were others, so its schema and its secret bear no name. */
const FIRST = 'exchange';

export async function openEmbeddedChannels(options: EmbeddedChannelsOptions): Promise<EmbeddedChannels> {
  const { database, keyring, now } = options;
  const secret = await keyring.secret('ledger-identity');
  const open = new Map<string, Promise<EmbeddedChannel>>();
  const openNamed = async (name: string) =>
    openEmbeddedChannel({
      db: await database.schema(name === FIRST ? 'ledger' : `ledger_${schemaName(name)}`),
      now,
      signingSecret: name === FIRST ? secret : createHmac('sha256', secret).update(name).digest(),
    });
  const named = (name: string) => {
    const channel = open.get(name) ?? openNamed(name);
    open.set(name, channel);
    return channel;
  };
  return {
    async join(names, identity) {
      const join = async (name: string): Promise<LedgerChannel> => {
        const channel = await named(name);
        return {
          name,
          id: name,
          ledger: channel.as(identity),
          explorer: channel.explorer,
          trust: { kind: 'embedded', publicKey: Buffer.from(channel.publicKey).toString('base64') },
          // The other members go on with it.
          close: async () => {},
        };
      };
      return Promise.all(mapChannels(names, join));
    },
    async close() {
      for (const channel of open.values()) await (await channel).close();
    },
  };
}

/** `-` and `.` as they are would be no part of a plain name; the hexadecimal keeps different names apart. */
function schemaName(channel: string): string {
  return channel.replace(/[^a-z0-9]/g, (sign) => `_${sign.charCodeAt(0).toString(16)}`);
}
