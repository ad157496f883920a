// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe } from 'node:test';
import type { Keyring } from '../../src/store/keys/keyring.ts';
import { seal, unseal } from '../../src/store/keys/seal.ts';
import type { DatabaseServer } from '../../src/store/sql/database.ts';
import { openStore } from '../../src/store/sql/store.ts';
import { changing } from './behaviour/changing.ts';
import { late } from './behaviour/late.ts';
import { messages } from './behaviour/messages.ts';
import { searching } from './behaviour/searching.ts';
import { secrecy } from './behaviour/secrecy.ts';
import { together } from './behaviour/together.ts';
import type { Bridges } from './behaviour/words.ts';

/** How the store behaves, whichever database it is on. */
export function storeBehaviour(name: string, open: () => Promise<DatabaseServer>): void {
  describe(`store: ${name}`, () => {
    const at = {} as Bridges;
    let server: DatabaseServer;

    before(async () => {
      server = await open();
      const schema = `test_${randomBytes(6).toString('hex')}`;
      const keyring = memoryKeyring();
      let clock = Date.parse('2026-03-01T10:00:00.000Z');
      const now = () => clock++;
      at.open = async () => openStore({ db: await server.schema(schema), keyring, now });
      at.db = await server.schema(schema);
      at.store = await at.open();
      at.other = await at.open();
    });
    after(async () => {
      await at.store.close();
      await at.other.close();
      await server.close();
    });

    changing(at);
    messages(at);
    late(at);
    together(at);
    searching(at);
    secrecy(at);
  });
}

function memoryKeyring(): Keyring {
  const key = randomBytes(32);
  const secret = randomBytes(32);
  return {
    wrap: async (plain, context) => seal(key, plain, context),
    unwrap: async (wrapped, context) => unseal(key, wrapped, context) ?? assert.fail('unwrap'),
    secret: async () => secret,
  };
}
