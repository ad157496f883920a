// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { openCheckpoint } from '../../src/anchor/checkpoint.ts';
import { openVerifier } from '../../src/anchor/keys.ts';
import { treeHashOfData } from '../../src/anchor/merkle.ts';
import { printTilePath, TILE_WIDTH } from '../../src/anchor/tile-path.ts';
import { connectMllp } from '../../src/ingest/mllp-client.ts';
import { openEmbeddedChannel } from '../../src/ledger/embedded/channel.ts';
import { openFileKeyring } from '../../src/store/keys/file.ts';
import { openEmbedded } from '../../src/store/sql/database.ts';
import { bearer, everything } from './client.ts';
import { endAll, type Running, serve, temporaryFolder } from './harness.ts';
import { admission, code, result } from './messages.ts';

const KILLS = 10;
const CONNECTIONS = 8;
const LOAD_MS = { least: 150, most: 900 };

test('after kill -9 at ten instants under load, every message that got AA is in the store exactly once', {
  timeout: 420_000,
}, async (t) => {
  const folder = await temporaryFolder();
  const acknowledged = new Set<number>();
  let next = 1;
  try {
    let unanswered: readonly number[] = [];
    for (let round = 0; round < KILLS; round++) {
      const bridge = await serve(folder.path);
      await resend(bridge, unanswered, acknowledged);
      unanswered = await sendUntilKilled(
        bridge,
        randomInt(LOAD_MS.least, LOAD_MS.most),
        () => next++,
        acknowledged,
      );
    }
    const bridge = await serve(folder.path);
    await resend(bridge, unanswered, acknowledged);
    const token = await bearer(bridge, folder.path);
    await storedExactlyOnce(bridge, token, acknowledged);
    t.diagnostic(`${acknowledged.size} messages acknowledged across ${KILLS} kills`);
    await logVerifies(bridge);
    assert.equal(await bridge.stop(), 0);
    await anchoredOnce(folder.path);
  } finally {
    await endAll();
    await folder.remove();
  }
});

/** Sends admissions over several connections until the process dies; returns those sent whose answer never came. */
async function sendUntilKilled(
  bridge: Running,
  afterMs: number,
  number: () => number,
  acknowledged: Set<number>,
): Promise<number[]> {
  const unanswered = new Set<number>();
  let killed = false;
  const senders = Array.from({ length: CONNECTIONS }, async () => {
    const sender = await connectMllp({ host: '127.0.0.1', port: bridge.mllpPort });
    while (!killed) {
      const n = number();
      unanswered.add(n);
      const answer = await sender.send(admission(n)).catch(() => undefined);
      if (!answer) break;
      assert.equal(code(answer), 'AA');
      unanswered.delete(n);
      acknowledged.add(n);
    }
    await sender.close().catch(() => undefined);
  });
  await after(afterMs);
  await bridge.kill();
  killed = true;
  await Promise.all(senders);
  return [...unanswered];
}

/** What a hospital's engine does: it sends again what it has no answer for, and now and then what it has. */
async function resend(
  bridge: Running,
  unanswered: readonly number[],
  acknowledged: Set<number>,
): Promise<void> {
  const sender = await connectMllp({ host: '127.0.0.1', port: bridge.mllpPort });
  for (const n of [...unanswered, ...[...acknowledged].slice(-5)]) {
    assert.equal(code(await sender.send(admission(n))), 'AA');
    acknowledged.add(n);
    assert.equal(code(await sender.send(result(n))), 'AA');
  }
  await sender.close();
}

async function storedExactlyOnce(
  bridge: Running,
  token: string,
  acknowledged: ReadonlySet<number>,
): Promise<void> {
  const deadline = Date.now() + 60_000;
  let counts = new Map<string, number>();
  let encounters = 0;
  do {
    const patients = await everything(bridge, token, 'Patient');
    encounters = (await everything(bridge, token, 'Encounter')).length;
    counts = new Map();
    for (const patient of patients) {
      const identifier = (patient['identifier'] as { value: string }[])[0]!.value;
      counts.set(identifier, (counts.get(identifier) ?? 0) + 1);
      assert.equal(patient.meta?.versionId, '1', `${patient.id} was written again`);
    }
    if (counts.size >= acknowledged.size && encounters >= acknowledged.size) break;
    await after(250);
  } while (Date.now() < deadline);
  for (const n of acknowledged) assert.equal(counts.get(`M${n}`), 1, `message L${n}`);
  assert.equal(encounters, counts.size, 'one stay each');
}

/** What anybody can do: read every entry, hash the tree, and hold the signed checkpoint against it. */
async function logVerifies(bridge: Running): Promise<void> {
  const get = async (path: string) =>
    Buffer.from(await (await fetch(`${bridge.url}/log/${path}`)).arrayBuffer());
  const head = openCheckpoint((await get('checkpoint')).toString(), [
    openVerifier((await get('key')).toString().trim()),
  ]);
  const leaves: Buffer[] = [];
  for (let index = 0; leaves.length < Number(head.size); index++) {
    const width = Math.min(TILE_WIDTH, Number(head.size) - leaves.length);
    const bundle = await get(`tile/${printTilePath({ level: 'entries', index, width })}`);
    for (let at = 0; at < bundle.length; at += 2 + bundle.readUInt16BE(at)) {
      leaves.push(bundle.subarray(at + 2, at + 2 + bundle.readUInt16BE(at)));
    }
  }
  assert.deepEqual(Buffer.from(treeHashOfData(leaves)), Buffer.from(head.root));
  assert.equal(new Set(leaves.map((leaf) => leaf.toString('hex'))).size, leaves.length, 'no leaf twice');
}

/** The ledger's chain is whole, and has each size of the log once, each larger than the one before. */
async function anchoredOnce(dataDir: string): Promise<void> {
  const database = await openEmbedded(join(dataDir, 'database'));
  const keyring = await openFileKeyring(join(dataDir, 'ledger', 'keys'));
  const channel = await openEmbeddedChannel({
    db: await database.schema('ledger'),
    now: Date.now,
    signingSecret: await keyring.secret('ledger-identity'),
  });
  try {
    assert.equal(await channel.findBrokenBlock(), undefined);
    const ledger = channel.as({ mspId: 'HospitalMSP', name: 'hospital' });
    const stop = new AbortController();
    const height = await ledger.height();
    const sizes: bigint[] = [];
    for await (const block of ledger.follow(0n, AbortSignal.any([stop.signal, AbortSignal.timeout(5_000)]))) {
      for (const { name, payload } of block.events)
        if (name === 'CheckpointCommitted')
          sizes.push(BigInt((JSON.parse(Buffer.from(payload).toString()) as { size: string }).size));
      if (block.number >= height - 1n) stop.abort();
    }
    assert.ok(sizes.length > 0, 'something was anchored');
    assert.deepEqual(
      sizes,
      [...new Set(sizes)].sort((a, b) => (a < b ? -1 : 1)),
    );
  } finally {
    await channel.close();
    await database.close();
  }
}
