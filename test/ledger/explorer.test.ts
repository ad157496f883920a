// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import express from 'express';
import supertest from 'supertest';
import type { CheckpointView, ConsentHistory, ConsentVersionView } from '../../src/consent/history.ts';
import { explorerRouter } from '../../src/explorer/router.ts';
import { FhirError } from '../../src/fhir/outcome.ts';
import { type EmbeddedChannel, openEmbeddedChannel } from '../../src/ledger/embedded/channel.ts';
import type { LedgerExplorer } from '../../src/ledger/explorer.ts';
import { LedgerError } from '../../src/ledger/ledger.ts';
import { openLogger } from '../../src/operate/log.ts';
import { type DatabaseServer, openEmbedded } from '../../src/store/sql/database.ts';
import { checkpoint, submit } from './network.ts';

const ORIGIN = 'log.example/hospital';
const VERSION = { consent: 'handle-1', version: 1, status: 'active' } as unknown as ConsentVersionView;

let server: DatabaseServer;
let channel: EmbeddedChannel;
let away = false;
let viewer: 'nobody' | 'stranger' | 'auditor' = 'auditor';
const lines: string[] = [];

before(async () => {
  server = await openEmbedded();
  const signingSecret = Buffer.alloc(32, 7);
  channel = await openEmbeddedChannel({
    db: await server.schema('ledger'),
    now: () => 1_800_000_000_000,
    signingSecret,
  });
  const hospital = channel.as({ mspId: 'HospitalMSP', name: 'bridge' });
  // One block each: each is committed before the next is sent.
  for (let size = 1; size <= 4; size += 1)
    await checkpoint(hospital, ORIGIN, ['a', 'b', 'c', 'd'].slice(0, size), size - 1);
  for (let at = 5; at <= 12; at += 1) await submit(hospital, 'records', 'RegisterHolder', `subject-${at}`);
});
after(async () => {
  await channel.close();
  await server.close();
});

const view = (size: bigint): CheckpointView => ({
  origin: ORIGIN,
  size,
  root: 'AA==',
  transactionId: 't',
  blockNumber: size - 1n,
  at: '2027-01-15T08:00:00.000Z',
});
const known = [4n, 3n, 2n, 1n].map(view);
const consents: ConsentHistory = {
  history: async (id) => (id === 'c1' ? [VERSION] : undefined),
  asOf: async (id, time) => {
    if (time === '2020') throw Object.assign(new Error('secret words'), { code: 'NOT_FRESH' });
    return id === 'c1' ? VERSION : undefined;
  },
};

/** The embedded explorer, which goes away when it is told to. */
function explorer(): LedgerExplorer {
  const guard = <T>(answer: () => Promise<T>): Promise<T> =>
    away ? Promise.reject(new LedgerError('UNAVAILABLE', 'secret words')) : answer();
  return {
    height: () => guard(() => channel.explorer.height()),
    block: (number) => guard(() => channel.explorer.block(number)),
    transaction: (id) => guard(() => channel.explorer.transaction(id)),
    agreement: () => guard(() => channel.explorer.agreement()),
  };
}

function http() {
  const router = explorerRouter({
    channels: [
      {
        channel: { name: 'exchange', explorer: explorer() },
        checkpoints: {
          checkpoints: async ({ origin, before: limit, count }) =>
            known
              .filter((each) => (origin === undefined ? each.size === 4n : each.origin === origin))
              .filter(({ size }) => limit === undefined || size < limit)
              .slice(0, count),
        },
      },
    ],
    consents,
    authorize: async () => {
      if (viewer === 'nobody') throw FhirError.of(401, 'login', 'who are you');
      return viewer === 'auditor';
    },
    logger: openLogger('trace', { write: (line: string) => lines.push(line) }),
  });
  return supertest(express().set('env', 'test').use('/ledger', router));
}

describe('the ledger explorer', () => {
  test('an auditor pages through all blocks from the newest to the first, each once and chained by its hash', async () => {
    const { body } = await http().get('/ledger').expect(200);
    assert.deepEqual(body, { channels: [{ name: 'exchange', height: '12' }] });
    const seen: { number: string; hash: string; previousHash: string }[] = [];
    let link: string | undefined = '/ledger/exchange/blocks?count=5';
    while (link) {
      const page: { blocks: typeof seen; older?: string } = (await http().get(link).expect(200)).body;
      seen.push(...page.blocks);
      link = page.older;
    }
    assert.deepEqual(
      seen.map(({ number }) => number),
      Array.from({ length: 12 }, (_, at) => String(11 - at)),
    );
    for (const [at, block] of seen.slice(0, -1).entries())
      assert.equal(block.previousHash, seen[at + 1]?.hash);
    const middle = (await http().get('/ledger/exchange/blocks?from=5&count=2')).body;
    assert.equal((await http().get(middle.newer)).body.blocks[0].number, '7');
  });

  test('a block and each of its transactions say who submitted what', async () => {
    const { body: block } = await http().get('/ledger/exchange/blocks/3').expect(200);
    assert.equal(block.number, '3');
    const [transaction] = block.transactions;
    assert.deepEqual(
      [transaction.valid, transaction.call.contract, transaction.call.name, transaction.call.args[0]],
      [true, 'records', 'Checkpoint', ORIGIN],
    );
    assert.deepEqual(transaction.submitter, { mspId: 'HospitalMSP', name: 'bridge' });
    const { body } = await http().get(`/ledger/exchange/transactions/${transaction.id}`).expect(200);
    assert.deepEqual(body, transaction);
  });

  test('events can be followed from any block, and the next page begins where this one ends', async () => {
    const { body } = await http().get('/ledger/exchange/events?from=2&count=3').expect(200);
    assert.deepEqual(
      body.events.map((each: { blockNumber: string; name: string }) => [each.blockNumber, each.name]),
      [
        ['2', 'CheckpointCommitted'],
        ['3', 'CheckpointCommitted'],
        ['4', 'HolderRegistered'],
      ],
    );
    assert.equal(body.events[0].payload.size, '3');
    assert.equal((await http().get(body.next)).body.events[0].blockNumber, '5');
    const { body: end } = await http().get('/ledger/exchange/events?from=12').expect(200);
    assert.deepEqual([end.events, end.next], [[], '/ledger/exchange/events?from=12&count=10']);
  });

  test('checkpoints are listed by log, newest first, and found by size', async () => {
    const sizes = async (link: string) => {
      const { body } = await http().get(link).expect(200);
      return { sizes: body.checkpoints.map(({ size }: { size: string }) => size), older: body.older };
    };
    assert.deepEqual(await sizes('/ledger/exchange/checkpoints'), { sizes: ['4'], older: undefined });
    const first = await sizes(`/ledger/exchange/checkpoints?origin=${ORIGIN}&count=3`);
    assert.deepEqual(first.sizes, ['4', '3', '2']);
    assert.deepEqual((await sizes(first.older)).sizes, ['1']);
    const { body } = await http().get(`/ledger/exchange/checkpoints/2?origin=${ORIGIN}`).expect(200);
    assert.equal(body.size, '2');
    await http().get(`/ledger/exchange/checkpoints/9?origin=${ORIGIN}`).expect(404);
    await http().get('/ledger/exchange/checkpoints/2').expect(400);
  });

  test('the history of a consent, and how it stood at a time', async () => {
    const { body } = await http().get('/ledger/consents/c1/history').expect(200);
    assert.deepEqual(body, { consent: 'c1', versions: [VERSION] });
    const then = await http().get('/ledger/consents/c1/history?asOf=2026-05-03').expect(200);
    assert.deepEqual(then.body, { consent: 'c1', asOf: '2026-05-03', version: VERSION });
    await http().get('/ledger/consents/c2/history').expect(404);
    await http().get('/ledger/consents/c2/history?asOf=2026').expect(404);
    await http().get('/ledger/consents/c1/history?asOf=yesterday').expect(400);
    const { body: stale } = await http().get('/ledger/consents/c1/history?asOf=2020').expect(503);
    assert.equal(stale.code, 'NOT_FRESH');
  });

  test('whether peers agree is an answer, not an error', async () => {
    const { body } = await http().get('/ledger/exchange/peers').expect(200);
    assert.equal(body.agreed, true);
    assert.deepEqual([body.blockNumber, body.peers[0].height], ['11', '12']);
  });

  test('who says nothing of themselves gets 401, who may not look 403, an auditor everything', async () => {
    try {
      for (const path of ['/ledger', '/ledger/exchange/blocks', '/ledger/consents/c1/history', '/ledger/x']) {
        viewer = 'nobody';
        const { body, headers } = await http().get(path).expect(401);
        assert.deepEqual([body.code, headers['www-authenticate']], ['NOT_AUTHENTICATED', 'Bearer']);
        viewer = 'stranger';
        assert.equal((await http().get(path).expect(403)).body.code, 'NOT_AUTHORIZED');
      }
      viewer = 'auditor';
      await http().get('/ledger/consents/c1/history').expect(200);
    } finally {
      viewer = 'auditor';
    }
  });

  test('what is not there is 404, what is no number or too much 400, and nothing can be changed', async () => {
    const missing = [
      'blocks/12',
      'blocks/-1',
      'blocks/x',
      'transactions/x',
      `transactions/${'0'.repeat(64)}`,
      'x',
    ];
    for (const path of missing) {
      const { body } = await http().get(`/ledger/exchange/${path}`).expect(404);
      assert.equal(body.code, 'NOT_FOUND', path);
    }
    await http().get('/ledger/elsewhere/blocks').expect(404);
    const wrong = [
      'blocks?count=51',
      'blocks?count=0',
      'blocks?from=x',
      'events?count=51',
      'events?from=-1',
      'events?from=1&from=2',
      'checkpoints?before=3',
      'checkpoints?origin=',
    ];
    for (const path of wrong) {
      const { body } = await http().get(`/ledger/exchange/${path}`).expect(400);
      assert.equal(body.code, 'PARAMETER_INVALID', path);
    }
    await http().get('/ledger/exchange/blocks/%E0%A4%A').expect(400);
    await http().post('/ledger/exchange/blocks').expect(405);
  });

  test('while the ledger is away the answer is 503, and the list of channels says which', async () => {
    away = true;
    try {
      const { body } = await http().get('/ledger').expect(200);
      assert.deepEqual(body, { channels: [{ name: 'exchange', problem: 'UNAVAILABLE' }] });
      const { body: refused, headers } = await http().get('/ledger/exchange/blocks').expect(503);
      assert.deepEqual(refused, { error: 'the ledger does not answer now', code: 'UNAVAILABLE' });
      assert.equal(headers['retry-after'], '1');
    } finally {
      away = false;
    }
    assert.ok(!lines.join('').includes('secret words'));
  });
});
