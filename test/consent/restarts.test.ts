// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { Projection } from '../../src/consent/projection/projection.ts';
import { type Moved, ProjectionTables } from '../../src/consent/projection/tables.ts';
import { openSubjects } from '../../src/consent/subjects.ts';
import type { Ledger, LedgerBlock } from '../../src/ledger/ledger.ts';
import { openLogger } from '../../src/operate/log.ts';
import { type Db, openPostgres } from '../../src/store/sql/database.ts';
import { checkpoint, submit, unique } from '../ledger/network.ts';
import { needs } from '../require.ts';
import {
  grantTo,
  openTestNetwork,
  pseudonymOf,
  refusing,
  SECRET,
  type TestNetwork,
  tablesOf,
} from './network.ts';

type Death = 'before' | 'after' | undefined;

/** Counts what it applied, and dies of the first block that changes something: before it is written, or after and before anybody knows. */
class Tables extends ProjectionTables {
  readonly applied: bigint[] = [];
  readonly #dies: Death;
  readonly dead: Promise<void>;
  #die = () => {};

  constructor(db: Db, channel: string, dies: Death) {
    super(db, channel, SECRET);
    this.#dies = dies;
    this.dead = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  override async apply(...given: Parameters<ProjectionTables['apply']>) {
    if (this.#dies === 'before') throw this.#killed();
    const result = await super.apply(...given);
    if (result.moved === 'moved') this.applied.push(given[0]);
    if (this.#dies === 'after') throw this.#killed();
    return result;
  }

  override async moveTo(next: bigint, epoch: bigint): Promise<Moved> {
    if (this.#dies) throw this.#killed();
    return super.moveTo(next, epoch);
  }

  #killed(): Error {
    this.#die();
    return new Error('killed');
  }
}

/** A ledger that is silent after some blocks, so that who follows it is still in the middle when it ends. */
function until(inner: Ledger, blocks: number): Ledger {
  return {
    ...inner,
    async *follow(from, signal) {
      let left = blocks;
      for await (const block of inner.follow(from, signal)) {
        if (left === 0) await new Promise((resolve) => signal.addEventListener('abort', resolve));
        if (signal.aborted) return;
        left -= 1;
        yield block;
      }
    },
  };
}

const postgres = needs('postgres', 'MOORING_TEST_POSTGRES');

describe('the projection, stopped anywhere', () => stoppedAnywhere(openTestNetwork));
describe(
  'the projection on a PostgreSQL server, stopped anywhere',
  {
    skip: 'skip' in postgres && postgres.skip,
  },
  () =>
    stoppedAnywhere(async () =>
      openTestNetwork('value' in postgres ? await openPostgres(postgres.value) : undefined),
    ),
);

function stoppedAnywhere(openNetwork: () => Promise<TestNetwork>): void {
  let network: TestNetwork;
  let db: Db;
  let ledger: Ledger;
  let height: bigint;
  let expected: object;
  let runs = 0;

  before(async () => {
    network = await openNetwork();
    db = await network.schema('hospital');
    ledger = network.line('hospital').ledger;
    const rules = await network.open('hospital', { ledger });
    await rules.registerParticipant({ id: 'hospital', role: 'hospital', mspId: 'HospitalMSP' });
    await rules.registerParticipant({ id: 'clinic', role: 'clinic', mspId: 'HospitalMSP' });
    const origin = unique('log.example/hospital');
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
    const one = grantTo('clinic', first, network);
    await rules.accept(one);
    await checkpoint(ledger, origin, ['a']);
    await submit(ledger, 'records', 'RegisterHolder', unique('stranger'));
    await rules.accept(refusing(one));
    await rules.accept(grantTo('clinic', second, network));
    await submit(ledger, 'consents', 'Erase', pseudonymOf('hospital')(second));
    await submit(ledger, 'participants', 'Suspend', 'clinic');
    await Promise.all([
      rules.accept(grantTo('clinic', third, network)),
      rules.accept(grantTo('clinic', second, network)),
      checkpoint(ledger, origin, ['a', 'b', 'c'], 1),
    ]);
    await submit(ledger, 'participants', 'Reinstate', 'clinic');
    await rules.accept({ ...one, status: 'inactive' });
    await submit(ledger, 'participants', 'Suspend', 'clinic');
    await rules.refresh();
    height = await ledger.height();
    expected = await tablesOf(db, 'exchange');
    await rules.close();
  });
  after(() => network.close());

  async function open(channel: string, from: Ledger = ledger, dies?: Death) {
    const tables = new Tables(db, channel, dies);
    const projection = await Projection.open({
      ...{ ledger: from, channel, tables, now: () => network.time, maxAgeMs: 30_000 },
      ...{ logger: openLogger('silent'), onChange: () => {} },
      subjects: await openSubjects({ db, channel, pseudonym: pseudonymOf('hospital') }),
    });
    return { projection, tables };
  }
  const newChannel = () => {
    runs += 1;
    return `run-${runs}`;
  };

  const stop = fc.record({
    blocks: fc.integer({ min: 0, max: 8 }),
    dies: fc.constantFrom('before' as const, 'after' as const, undefined),
    rebuildsFrom: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
  });

  test('whenever it was stopped, killed or begun again at any block, the tables are the same in the end', async () => {
    const property = fc.asyncProperty(fc.array(stop, { maxLength: 5 }), async (stops) => {
      const channel = newChannel();
      for (const { blocks, dies, rebuildsFrom } of stops) {
        const { projection, tables } = await open(channel, until(ledger, blocks), dies);
        const reached = projection.next + BigInt(blocks);
        const seen = projection.seen((reached < height ? reached : height) - 1n);
        await Promise.race([seen, tables.dead]);
        seen.catch(() => {});
        if (rebuildsFrom !== undefined && BigInt(rebuildsFrom) <= projection.next)
          await tables.restart(BigInt(rebuildsFrom));
        await projection.close();
      }
      const { projection } = await open(channel);
      await projection.confirm();
      await projection.close();
      assert.deepEqual(await tablesOf(db, channel), expected);
    });
    await fc.assert(property, { numRuns: 15 });
  });

  test('killed while a block is written, before or after, it is in the tables once', async () => {
    for (const dies of ['before', 'after'] as const) {
      const channel = newChannel();
      const killed = await open(channel, ledger, dies);
      await killed.tables.dead;
      await killed.projection.close();
      const again = await open(channel);
      await again.projection.confirm();
      assert.deepEqual(await tablesOf(db, channel), expected);
      const applied = [...killed.tables.applied, ...again.tables.applied];
      assert.equal(killed.tables.applied.length, dies === 'after' ? 1 : 0);
      assert.deepEqual(applied, [...new Set(applied)]);
      await again.projection.close();
    }
  });

  test('of several instances on one database exactly one applies each block, and all know it', async () => {
    const channel = newChannel();
    const all = await Promise.all([open(channel), open(channel), open(channel)]);
    await Promise.all(all.map(({ projection }) => projection.confirm()));
    const applied = all.flatMap(({ tables }) => tables.applied).sort((a, b) => Number(a - b));
    assert.deepEqual(applied, [...new Set(applied)]);
    assert.ok(applied.length > 5);
    assert.deepEqual(await tablesOf(db, channel), expected);
    for (const { projection } of all) {
      assert.equal(projection.next, height);
      assert.equal(projection.participant('clinic')?.status, 'suspended');
      await projection.close();
    }
  });

  test('one instance rebuilding while another follows ends in the same tables', async () => {
    const channel = newChannel();
    const [one, other] = [await open(channel), await open(channel)];
    await one.projection.confirm();
    await Promise.all([one.projection.rebuild(0n, () => {}), other.projection.confirm()]);
    await other.projection.rebuild(4n, () => {});
    await one.projection.confirm();
    assert.deepEqual(await tablesOf(db, channel), expected);
    await one.projection.close();
    await other.projection.close();
  });

  test('a block that is missing between two is never passed over', async () => {
    let left = 1;
    const gappy: Ledger = {
      ...ledger,
      async *follow(from, signal) {
        for await (const block of ledger.follow(from, signal)) {
          if (block.number === 3n && left > 0) left -= 1;
          else yield block satisfies LedgerBlock;
        }
      },
    };
    const channel = newChannel();
    const { projection } = await open(channel, gappy);
    await projection.confirm();
    assert.equal(left, 0);
    assert.deepEqual(await tablesOf(db, channel), expected);
    await projection.close();
  });
}
