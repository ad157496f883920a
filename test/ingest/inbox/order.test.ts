// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { Kin } from '../../../src/ingest/inbox/kin.ts';
import { Lanes } from '../../../src/ingest/inbox/lanes.ts';
import { sql } from '../../../src/store/sql/database.ts';
import type { Unit } from '../../../src/store/store.ts';
import { type Bench, bench, idOf, message, VIA } from './support.ts';

const KEYS = fc.uniqueArray(fc.bigInt({ min: 0n, max: 5n }), { minLength: 1, maxLength: 3 });

test('tasks that share a key run one after the other in the order they were added, whatever each one takes', async () => {
  const runs = fc.array(fc.record({ keys: KEYS, turns: fc.nat(4) }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(runs, fc.integer({ min: 1, max: 8 }), async (tasks, maxRunning) => {
      const lanes = new Lanes(() => maxRunning);
      const events: { task: number; end: boolean }[] = [];
      let most = 0;
      let running = 0;
      for (const [task, { keys, turns }] of tasks.entries()) {
        lanes.add({
          keys,
          async run() {
            events.push({ task, end: false });
            running += 1;
            most = Math.max(most, running);
            for (let turn = 0; turn < turns; turn += 1) await new Promise((next) => setImmediate(next));
            running -= 1;
            events.push({ task, end: true });
          },
        });
      }
      await lanes.settled();
      assert.equal(events.length, tasks.length * 2);
      assert.equal(lanes.size, 0);
      assert.ok(most <= maxRunning);
      const at = (task: number, end: boolean) =>
        events.findIndex((event) => event.task === task && event.end === end);
      for (const [later, { keys }] of tasks.entries()) {
        for (let earlier = 0; earlier < later; earlier += 1) {
          if (!tasks[earlier]!.keys.some((key) => keys.includes(key))) continue;
          assert.ok(at(earlier, true) < at(later, false), `${earlier} ends before ${later} begins`);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('once a message names two identifiers together, messages with either keep their order', () => {
  fc.assert(
    fc.property(fc.array(KEYS, { maxLength: 20 }), (messages) => {
      const kin = new Kin(1000);
      const stood = messages.map((tokens) => ({ tokens, lanes: new Set(kin.lanes(tokens)) }));
      // Whoever shares an identifier shares a lane, directly or through those between them.
      for (const [later, { tokens, lanes }] of stood.entries()) {
        for (let earlier = 0; earlier < later; earlier += 1) {
          if (!stood[earlier]!.tokens.some((token) => tokens.includes(token))) continue;
          assert.ok(reaches(stood.slice(earlier, later), stood[earlier]!.lanes, lanes));
        }
      }
    }),
    { numRuns: 300 },
  );
  const kin = new Kin(1000);
  kin.lanes([1n, 2n]);
  assert.deepEqual(kin.lanes([1n]), kin.lanes([2n]));
});

function reaches(
  between: readonly { lanes: ReadonlySet<bigint> }[],
  from: ReadonlySet<bigint>,
  to: ReadonlySet<bigint>,
): boolean {
  const reached = new Set(from);
  for (const { lanes } of between)
    if ([...lanes].some((lane) => reached.has(lane))) for (const lane of lanes) reached.add(lane);
  return [...to].some((lane) => reached.has(lane));
}

test('an identifier that everybody has does not make one patient of everybody', () => {
  const kin = new Kin(10_000);
  for (let patient = 1n; patient <= 200n; patient += 1n) kin.lanes([0n, patient]);
  const lanes = new Set(Array.from({ length: 200 }, (_, n) => kin.lanes([BigInt(n + 1)])[0]));
  assert.ok(lanes.size > 100);
});

test('what is remembered of identifiers is bounded', () => {
  const kin = new Kin(100);
  for (let n = 0n; n < 10_000n; n += 1n) kin.lanes([n, n + 100_000n]);
  assert.deepEqual(kin.lanes([9_999n]), kin.lanes([109_999n]));
});

/** Makes each commit take some random turns, and tells which patient's messages ended in which order. */
function shuffled(desk: Bench, turns: readonly number[]): string[] {
  const ended: string[] = [];
  let next = 0;
  desk.store.before = async (unit: Unit) => {
    const wait = turns[next++ % turns.length] ?? 0;
    for (let turn = 0; turn < wait; turn += 1) await new Promise((soon) => setImmediate(soon));
    const [patient] = unit.changes;
    if (patient?.op === 'merge') ended.push(JSON.stringify(patient.resource['name']));
  };
  return ended;
}

test('messages of one patient are processed in the order they came, under any interleaving', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open({ limits: { maxRunning: 8, maxWaiting: 12, maxConversions: 3, retryMs: 1 } });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(3), { minLength: 1, maxLength: 40 }),
      fc.array(fc.nat(6), { minLength: 1, maxLength: 10 }),
      async (patients, turns) => {
        const round = randomUUID();
        const ended = shuffled(desk, turns);
        await Promise.all(
          patients.map((patient, n) =>
            inbox.receive(
              message({ control: `${round}-${n}`, patient: `${round}-${patient}`, name: `N${patient}^${n}` }),
              VIA,
            ),
          ),
        );
        await inbox.settled();
        for (let patient = 0; patient <= 3; patient += 1) {
          const came = patients.flatMap((each, n) => (each === patient ? [n] : []));
          const went = ended
            .map((name) => /"N(\d)","given":\["(\d+)"/.exec(name)!)
            .flatMap(([, of, n]) => (Number(of) === patient ? [Number(n)] : []));
          assert.deepEqual(went, came);
        }
      },
    ),
    { numRuns: 25 },
  );
  assert.equal((await inbox.summary()).status.received, 0);
});

test('a patient whose message takes long does not hold up another', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  let release = () => {};
  const held = new Promise<void>((done) => {
    release = done;
  });
  const slow = idOf('SLOW');
  desk.store.before = async (unit) => {
    const [first] = unit.changes;
    if (first?.op === 'merge' && first.resource.id === slow) await held;
  };
  await inbox.receive(message({ control: 'S1', patient: 'SLOW' }), VIA);
  const quick = await inbox.receive(message({ control: 'Q1', patient: 'QUICK', modes: 'NE|AL' }), VIA);
  assert.ok(await quick.later, 'the other patient is done');
  assert.equal(await desk.store.read('Patient', slow), undefined);
  release();
  await inbox.settled();
  assert.equal((await desk.store.read('Patient', slow))?.version, 1);
});

test('what a stopped process left unprocessed is processed in order at the next start', async (t) => {
  const desk = await bench(t);
  const stuck = await desk.open();
  desk.store.before = () => Promise.reject(new Error('the database is away'));
  for (let n = 0; n < 12; n += 1) {
    await stuck.receive(message({ control: `R${n}`, patient: `P${n % 2}`, name: `N${n % 2}^${n}` }), VIA);
  }
  await stuck.close();
  assert.equal((await stuck.summary()).status.received, 12);
  const ended = shuffled(desk, [3, 0, 1]);
  const next = await desk.open({ limits: { maxWaiting: 4 } });
  await next.settled();
  for (const patient of ['N0', 'N1']) {
    const order = ended
      .filter((name) => name.includes(patient))
      .map((name) => Number(/"(\d+)"/.exec(name)![1]));
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
    assert.equal(order.length, 6);
  }
  assert.equal((await next.summary()).status.processed, 12);
});

test('messages with either identifier of a merged patient keep their order, also after a restart', async (t) => {
  const desk = await bench(t);
  const before = await desk.open();
  await before.receive(message({ control: 'A', type: 'ADT^A40', patient: 'NEW', prior: 'OLD' }), VIA);
  await before.settled();
  await before.close();
  const ended = shuffled(desk, [9, 0]);
  const inbox = await desk.open();
  await Promise.all([
    inbox.receive(message({ control: 'B', patient: 'OLD', name: 'first' }), VIA),
    inbox.receive(message({ control: 'C', patient: 'NEW', name: 'second' }), VIA),
  ]);
  await inbox.settled();
  assert.deepEqual(
    ended.map((name) => /first|second/.exec(name)?.[0]),
    ['first', 'second'],
  );
});

test('two bridges on one database keep the order of one patient and store each message once', async (t) => {
  const desk = await bench(t);
  const bridges = [await desk.open(), await desk.open()];
  shuffled(desk, [5, 0, 2]);
  for (let n = 0; n < 20; n += 1) {
    await bridges[n % 2]!.receive(message({ control: `B${n}`, name: `N^${n}` }), VIA);
  }
  for (const bridge of bridges) await bridge.settled();
  assert.equal(desk.store.settled.length, 20);
  const { rows } = await sql<{ id: string }>`select id from inbox order by arrival`.execute(desk.db);
  assert.deepEqual(
    desk.store.settled,
    rows.map(({ id }) => id),
  );
});

test('what another bridge left behind is taken over', async (t) => {
  const desk = await bench(t);
  let time = Date.now();
  const idle = await desk.open({ now: () => time, limits: { sweepMs: 20 } });
  await idle.settled();
  const gone = await desk.open();
  desk.store.before = () => Promise.reject(new Error('away'));
  await gone.receive(message(), VIA);
  await gone.close();
  desk.store.before = async () => {};
  time += 120_000;
  while (idle.stats().processed === 0) await new Promise((soon) => setTimeout(soon, 10));
  assert.equal((await idle.summary()).status.processed, 1);
});
