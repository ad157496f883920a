// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { FabricChannel } from '../../src/ledger/fabric/fabric.ts';
import { everything } from '../network/client.ts';
import { endAll } from '../network/harness.ts';
import { checkpointsOf } from './support/anchored.ts';
import { type Hospital, openHospital } from './support/hospital.ts';
import { startLoad } from './support/load.ts';
import { type PublishedLog, readLog, rootOfLeaves, storedLeaves } from './support/log.ts';
import { startTestNetwork, type TestFabric } from './support/network.ts';
import { fabricTools } from './support/tools.ts';
import { type Seen, type Watcher, watchUrl } from './support/watching.ts';

const BASE_PORT = 25_000;
const ORIGIN = 'mooring.example/hospital';
const MAX_AGE_MS = 4_000;
/** What a question may take that nobody answers, before the bridge knows that there is no evidence. */
const ASKING_MS = 6_000;
/** A transaction that was handed in when the ledger went is given up after half a minute. */
const GIVEN_UP_MS = 45_000;
const AWAY_MS = 60_000;
/** The longest pause between two tries to anchor, and an election of orderers after it. */
const BACK_MS = 60_000;

const tools = fabricTools();

describe('a hospital on a Fabric network with faults', {
  skip: 'skip' in tools && tools.skip,
  timeout: 420_000,
}, () => {
  let fabric: TestFabric;
  let hospital: Hospital;
  let laboratory: FabricChannel;
  let next = 1;
  const acknowledged: number[] = [];

  before(async () => {
    fabric = await startTestNetwork({ basePort: BASE_PORT });
    laboratory = await fabric.open('laboratory');
    hospital = await openHospital(fabric, {
      MOORING_ANCHOR_INTERVAL_MS: '250',
      MOORING_CONSENT_MAX_AGE_MS: String(MAX_AGE_MS),
    });
  });
  after(async () => {
    await endAll();
    await fabric?.close();
  });

  /** A fault while messages come in and the clinic reads; afterwards all is as it was and nothing is missing. */
  async function underLoad(
    t: TestContext,
    fault: (reads: Watcher, ready: Watcher) => Promise<void>,
  ): Promise<void> {
    const { bridge, patient } = hospital;
    const load = await startLoad(bridge.mllpPort, next);
    const reads = watchUrl(`${bridge.url}/fhir/Patient/${patient}`, await hospital.token('clinic'));
    const ready = watchUrl(`${bridge.url}/health/ready`);
    try {
      await ready.until(({ status }) => status === 200, BACK_MS);
      await reads.until(({ status }) => status === 200, BACK_MS);
      await fault(reads, ready);
      await ready.until(({ status }) => status === 200, BACK_MS);
      await reads.until(({ status }) => status === 200, BACK_MS);
    } finally {
      await Promise.all([load.stop(), reads.stop(), ready.stop()]);
      next += load.acknowledged.length;
    }
    acknowledged.push(...load.acknowledged);
    assert.deepEqual(statuses(reads.seen, [200, 503]), [], 'neither data nor an error of ours');
    t.diagnostic(
      `${load.acknowledged.length} messages, slowest AA after ${load.slowestMs.toFixed()} ms; ${summary(reads.seen)}`,
    );
    await caughtUp();
  }

  /** The ledger has checkpoints that only grow, and the last has all there is. */
  async function caughtUp(): Promise<void> {
    const { size, root } = await settledLog(hospital.bridge.url);
    const all = { origin: ORIGIN, size, root: root.toString('base64') };
    // The laboratory's peer gets the last block in its own time.
    for (const end = performance.now() + BACK_MS; ; await pause(200)) {
      const checkpoints = await checkpointsOf(laboratory.ledger, ORIGIN);
      checkpoints.forEach((each, at) => {
        assert.ok(at === 0 || each.size > checkpoints[at - 1]!.size, 'each is larger than the one before');
      });
      if (checkpoints.at(-1)?.size === size || performance.now() > end) {
        assert.deepEqual(checkpoints.at(-1), all);
        return;
      }
    }
  }

  test('its only peer stops: tickets go on until too old, then 503; when it is back, all is caught up', async (t) => {
    await underLoad(t, async (reads, ready) => {
      const from = performance.now();
      await fabric.network.stop('hospital-peer0');
      try {
        await awayUntilTooOld(from, reads, ready);
      } finally {
        await fabric.network.start('hospital-peer0');
      }
    });
  });

  test('the leading orderer dies: reads go on, and anchoring goes on under another leader', async (t) => {
    await underLoad(t, async (reads) => {
      const leader = await fabric.network.leader('exchange');
      assert.ok(leader);
      const before = reads.seen.length;
      await fabric.network.kill(leader);
      await anchoredMore();
      assert.deepEqual(statuses(reads.seen.slice(before), [200]), []);
      await fabric.network.start(leader);
    });
  });

  for (const organization of ['hospital', 'clinic'])
    test(`the contract's process of the ${organization} dies: two organizations endorse, reads and anchoring go on`, async (t) => {
      await underLoad(t, async (reads) => {
        const before = reads.seen.length;
        await fabric.network.kill(`${organization}-chaincode`);
        await anchoredMore();
        assert.deepEqual(statuses(reads.seen.slice(before), [200]), []);
        await fabric.network.start(`${organization}-chaincode`);
      });
    });

  test('the whole ledger is away for a minute, and all that came meanwhile is anchored after it', async (t) => {
    await underLoad(t, async (reads, ready) => {
      const nodes = fabric.network.nodes().map(({ name }) => name);
      const from = performance.now();
      await Promise.all(nodes.map((name) => fabric.network.kill(name)));
      await awayUntilTooOld(from, reads, ready);
      await pause(AWAY_MS - (performance.now() - from));
      assert.deepEqual(degradedIn(ready.seen.at(-1)), ['anchoring', 'consent', 'ledger']);
      await Promise.all(nodes.map((name) => fabric.network.start(name)));
    });
  });

  test('after all of it every message that got AA is stored once, in the log, and under checkpoints of its past', async () => {
    const { bridge, dataDir } = hospital;
    const patients = await everything(bridge, await hospital.token('hospital'), 'Patient');
    const stored = patients.map((each) => (each['identifier'] as { value: string }[])[0]?.value ?? '');
    assert.deepEqual(stored.sort(), ['M0', ...acknowledged.map((n) => `M${n}`)].sort());
    await caughtUp();
    const { leaves, root } = await readLog(bridge.url);
    assert.equal(new Set(leaves.map((leaf) => leaf.toString('hex'))).size, leaves.length, 'no leaf twice');
    assert.deepEqual(rootOfLeaves(leaves), root);
    for (const each of await checkpointsOf(laboratory.ledger, ORIGIN))
      assert.equal(rootOfLeaves(leaves.slice(0, each.size)).toString('base64'), each.root);
    assert.equal(await bridge.stop(), 0);
    assert.deepEqual(await storedLeaves(dataDir), leaves);
  });

  /**
   * Nothing of the ledger answers the bridge, from now on at the latest; `from`: when that began. What is said of the last reads is no
   * guess: a projection that was confirmed before `from` is too old for whoever asks `MAX_AGE_MS` after now.
   */
  async function awayUntilTooOld(from: number, reads: Watcher, ready: Watcher): Promise<void> {
    const gone = performance.now();
    const degraded = await ready.until(({ status }) => status === 503, ASKING_MS);
    assert.ok(degradedIn(degraded).includes('ledger'), degraded.body);
    await ready.until((seen) => degradedIn(seen).join() === 'anchoring,consent,ledger', GIVEN_UP_MS);
    const tooOld = ({ askedAt }: Seen) => askedAt > gone + MAX_AGE_MS;
    await reads.until(tooOld, MAX_AGE_MS + ASKING_MS);
    const during = reads.seen.filter(({ askedAt }) => askedAt > from);
    assert.equal(during[0]?.status, 200, 'what was certain a moment ago is believed');
    assert.deepEqual(statuses(during.filter(tooOld), [503]), []);
    for (const { body } of during.filter(({ status }) => status === 503))
      assert.equal((JSON.parse(body) as { resourceType: string }).resourceType, 'OperationOutcome');
  }

  /** The ledger takes two more checkpoints of what comes in. */
  async function anchoredMore(): Promise<void> {
    const sizes = async () => (await checkpointsOf(laboratory.ledger, ORIGIN)).length;
    const before = await sizes();
    for (const end = performance.now() + BACK_MS; (await sizes()) < before + 2; await pause(200))
      assert.ok(performance.now() < end, 'anchoring goes on');
  }
});

/** The log, once no message waits, and all that it has is anchored. */
async function settledLog(url: string): Promise<PublishedLog> {
  const figure = (text: string, name: string) =>
    Number(new RegExp(`^\\w*${name}(?:{[^}]*})? (\\d+)$`, 'm').exec(text)?.[1]);
  for (const end = performance.now() + BACK_MS; ; await pause(100)) {
    const text = await (await fetch(`${url}/metrics`)).text();
    const [size, anchored] = [figure(text, 'log_size'), figure(text, 'log_anchored_size')];
    const isTakenIn = figure(text, 'hl7v2_messages_waiting') === 0 && figure(text, 'log_backlog') === 0;
    if (isTakenIn && size === anchored) {
      const log = await readLog(url);
      // What was just taken in may have come between the two questions.
      if (log.size === size) return log;
    }
    assert.ok(performance.now() < end, `${anchored} of ${size} leaves are anchored`);
  }
}

function degradedIn(seen: Seen | undefined): string[] {
  return seen ? (JSON.parse(seen.body) as { degraded: string[] }).degraded.toSorted() : [];
}

/** Those that are none of the expected. */
function statuses(seen: readonly Seen[], expected: readonly number[]): number[] {
  return seen.map(({ status }) => status).filter((status) => !expected.includes(status));
}

function summary(seen: readonly Seen[]): string {
  const slowest = Math.max(...seen.map(({ askedAt, answeredAt }) => answeredAt - askedAt));
  const refused = seen.filter(({ status }) => status === 503).length;
  return `${seen.length} reads, ${refused} refused, slowest after ${slowest.toFixed()} ms`;
}
