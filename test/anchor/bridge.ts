// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type AnchorOptions, type AnchorResult, anchorNewest } from '../../src/anchor/anchor.ts';
import { type Log, openLog } from '../../src/anchor/log.ts';
import { openProofs, type Proofs } from '../../src/anchor/proofs.ts';
import { type AnchoringOptions, startAnchoring } from '../../src/anchor/worker.ts';
import { parseJson } from '../../src/fhir/json.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { type EmbeddedChannel, openEmbeddedChannel } from '../../src/ledger/embedded/channel.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openFileKeyring } from '../../src/store/keys/file.ts';
import type { Keyring } from '../../src/store/keys/keyring.ts';
import type { DatabaseServer, Db } from '../../src/store/sql/database.ts';
import { openStore } from '../../src/store/sql/store.ts';
import type { Store, Stored } from '../../src/store/store.ts';
import { NOW, ORIGIN, ownServer, SEED } from './support.ts';

export const QUIET = { info() {}, warn() {}, error() {} };
/** Name of the channel that the parts have. */
export const HOME = 'exchange';
const LEDGER_SECRET = Buffer.alloc(32, 9);

/** The parts of a bridge that anchoring works with, over a real store and a real ledger. */
export interface Parts {
  readonly server: DatabaseServer;
  readonly db: Db;
  readonly keyring: Keyring;
  readonly store: Store;
  readonly log: Log;
  readonly channel: EmbeddedChannel;
  readonly ledger: Ledger;
}

export async function ownParts(t: TestContext): Promise<Parts> {
  const server = await ownServer(t);
  const folder = await mkdtemp(join(tmpdir(), 'mooring-anchor-'));
  t.after(() => rm(folder, { recursive: true }));
  const db = await server.schema('hospital');
  const keyring = await openFileKeyring(folder);
  const store = await openStore({ db, keyring, now: () => NOW });
  const log = await openLog({ db, origin: ORIGIN, signingSecret: SEED, now: () => NOW });
  const channel = await openChannel(server);
  t.after(() => channel.close());
  return {
    server,
    db,
    keyring,
    store,
    log,
    channel,
    ledger: channel.as({ mspId: 'HospitalMSP', name: 'bridge' }),
  };
}

/** Each channel in a schema of its own, signed with a key of its own. */
export async function openChannel(
  server: DatabaseServer,
  schema = 'ledger',
  signingSecret = LEDGER_SECRET,
): Promise<EmbeddedChannel> {
  return openEmbeddedChannel({ db: await server.schema(schema), now: () => NOW, signingSecret });
}

export function anchorHome({ log, ledger }: Pick<AnchorOptions, 'log' | 'ledger'>): Promise<AnchorResult> {
  return anchorNewest({ log, channel: HOME, ledger, now: () => NOW });
}

export function proofsOf({ log, ledger, store, db }: Pick<Parts, 'log' | 'ledger' | 'store' | 'db'>): Proofs {
  return openProofs({ log, channels: [{ name: HOME, ledger }], store, db });
}

export async function keep(store: Store, text: string): Promise<Stored> {
  const { results } = await store.commit({
    changes: [{ op: 'update', resource: parseJson(text) as Resource }],
  });
  return results[0]!.stored;
}

export function ownWorker(
  t: TestContext,
  { log, ledger }: Pick<AnchoringOptions, 'log' | 'ledger'>,
  options: Partial<AnchoringOptions> = {},
) {
  const worker = startAnchoring({
    log,
    channel: HOME,
    ledger,
    now: () => NOW,
    logger: QUIET,
    intervalMs: 60_000,
    leaves: 1_000_000,
    ...options,
  });
  t.after(() => worker.close());
  return worker;
}
