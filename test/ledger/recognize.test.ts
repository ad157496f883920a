// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { pino } from 'pino';
import { type EmbeddedChannel, openEmbeddedChannel } from '../../src/ledger/embedded/channel.ts';
import { type Ledger, LedgerError } from '../../src/ledger/ledger.ts';
import { type RecognizedChannel, recognizeChannel } from '../../src/ledger/recognize.ts';
import { type DatabaseServer, type Db, openEmbedded } from '../../src/store/sql/database.ts';
import { submit, unique } from './network.ts';

const IDENTITY = { mspId: 'HospitalMSP', name: 'bridge' };
/** More than after which the mark is moved on. */
const MANY = 12;

let server: DatabaseServer;
let db: Db;
/** The network, and another that was made in its place under the same name. */
let [first, second]: EmbeddedChannel[] = [];
let now: EmbeddedChannel | undefined;
let away = false;
let hidden = 0n;
let isRewritten = false;
/** What each look at a block waits for. */
let held: Promise<void> | undefined;
const open: EmbeddedChannel[] = [];
const lines: string[] = [];

before(async () => {
  server = await openEmbedded();
});

after(async () => {
  await Promise.all(open.map((each) => each.close()));
  await server.close();
});

beforeEach(async () => {
  const make = async () => {
    const channel = await openEmbeddedChannel({
      ...{ db: await schema('ledger'), now: Date.now, signingSecret: randomBytes(32) },
    });
    open.push(channel);
    await grow(channel.as(IDENTITY), 3);
    return channel;
  };
  db = await schema('bridge');
  [first, second] = [await make(), await make()];
  [now, away, hidden, isRewritten] = [first, false, 0n, false];
  held = undefined;
  lines.length = 0;
});

function schema(name: string): Promise<Db> {
  return server.schema(`${name}_${randomBytes(6).toString('hex')}`);
}

async function grow(ledger: Ledger, blocks: number): Promise<void> {
  for (let made = 0; made < blocks; made += 1)
    await submit(ledger, 'participants', 'Register', unique('p'), 'clinic', IDENTITY.mspId, '');
}

/** A bridge that is started now: it knows what the database knows. */
function start(): RecognizedChannel {
  const current = () => {
    if (away || !now) throw new LedgerError('UNAVAILABLE', 'no peer answers');
    return now;
  };
  const ledger = () => current().as(IDENTITY);
  const channel = {
    name: 'exchange',
    id: 'fabric:exchange',
    ledger: {
      submit: async (transaction: Parameters<Ledger['submit']>[0]) => ledger().submit(transaction),
      evaluate: async (transaction: Parameters<Ledger['evaluate']>[0]) => ledger().evaluate(transaction),
      follow: (from: bigint, signal: AbortSignal) => ledger().follow(from, signal),
      evidence: async (id: string) => ledger().evidence(id),
      height: async () => (await ledger().height()) - hidden,
    },
    explorer: {
      height: async () => current().explorer.height(),
      async block(number: bigint) {
        await held;
        const block = await current().explorer.block(number);
        return block && isRewritten && number > 0n ? { ...block, hash: block.hash.toUpperCase() } : block;
      },
      transaction: async (id: string) => current().explorer.transaction(id),
      agreement: async () => current().explorer.agreement(),
    },
    trust: { kind: 'embedded' as const, publicKey: '' },
    close: async () => {},
  };
  return recognizeChannel(channel, db, pino({ level: 'error' }, { write: (line) => lines.push(line) }));
}

const replaced = { name: 'LedgerError', code: 'LEDGER_REPLACED' };

test('a bridge goes on with the ledger that it knows, after a restart and after an outage', async () => {
  const { ledger } = start();
  await ledger.height();
  await grow(ledger, MANY);
  away = true;
  await assert.rejects(ledger.height(), { code: 'UNAVAILABLE' });
  away = false;
  assert.equal(await ledger.height(), 3n + BigInt(MANY));
  assert.equal(await start().ledger.height(), 3n + BigInt(MANY));
  assert.deepEqual(lines, []);
});

test('of a network that was made anew while the bridge was down nothing is believed, and nothing is written there', async () => {
  await grow((first as EmbeddedChannel).as(IDENTITY), 1);
  await start().ledger.height();
  now = second;
  const { ledger } = start();
  const before = await second?.explorer.height();
  await assert.rejects(ledger.height(), replaced);
  await assert.rejects(grow(ledger, 1), replaced);
  await assert.rejects(ledger.evaluate({ contract: 'participants', name: 'List', args: [] }), replaced);
  assert.equal(await second?.explorer.height(), before);
  assert.equal(lines.length, 1, 'said once, not with each question');
  assert.match(lines[0] ?? '', /"level":50.*LEDGER_REPLACED/);
});

test('nor of one that has the same first block and others after it', async () => {
  await start().ledger.height();
  isRewritten = true;
  await assert.rejects(start().ledger.height(), replaced);
});

test('nor of one that takes its place while the bridge runs', async () => {
  const { ledger } = start();
  await ledger.height();
  away = true;
  await assert.rejects(ledger.height(), { code: 'UNAVAILABLE' });
  [away, now] = [false, second];
  await assert.rejects(grow(ledger, 1), replaced);
});

test('a follower of the network before gets no block of the other one', async () => {
  await start().ledger.height();
  now = second;
  const { ledger } = start();
  const stop = AbortSignal.timeout(300);
  for await (const block of ledger.follow(1n, stop)) assert.fail(`block ${block.number}`);
  assert.ok(stop.aborted);
});

test('a ledger without blocks that were there before is not believed until it has them again', async () => {
  await start().ledger.height();
  hidden = 1n;
  const { ledger } = start();
  await assert.rejects(ledger.height(), { name: 'LedgerError', code: 'LEDGER_BEHIND' });
  hidden = 0n;
  assert.equal(await ledger.height(), 3n);
});

test('another network is taken when the operator says so, after what is known of the one before was dropped', async () => {
  await start().ledger.height();
  now = second;
  const channel = start();
  await assert.rejects(channel.ledger.height(), replaced);
  let known: unknown;
  await channel.adopt(async () => {
    known = await channel.ledger.height().catch(({ code }) => code);
  });
  assert.equal(known, 'LEDGER_REPLACED', 'while it is being dropped, nothing is asked yet');
  assert.equal(await channel.ledger.height(), 3n);
  assert.equal(await start().ledger.height(), 3n);
});

test('a look at the ledger that began before another was taken says nothing about that one', async () => {
  await start().ledger.height();
  now = second;
  const channel = start();
  await channel.adopt(async () => {
    // Like a follower that looks again every few seconds, and now waits long for its first block.
    let go = () => {};
    held = new Promise((resolve) => {
      go = resolve;
    });
    channel.ledger.height().catch(() => {});
    setTimeout(go, 100);
  });
  assert.equal(await channel.ledger.height(), 3n);
});

test('nothing is dropped for another network that does not answer', async () => {
  const channel = start();
  await channel.ledger.height();
  away = true;
  await assert.rejects(
    channel.adopt(async () => assert.fail('dropped')),
    { code: 'UNAVAILABLE' },
  );
});
