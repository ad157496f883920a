// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { latestOnLedger } from '../../src/anchor/ledger-checkpoints.ts';
import { askOperator } from '../../src/cli/operator.ts';
import { askToken } from '../../src/cli/token.ts';
import { buildGrant } from '../../src/consent/build.ts';
import { generatePatientKey, signConsent } from '../../src/consent/sign.ts';
import { connectMllp } from '../../src/ingest/mllp-client.ts';
import { register } from '../ledger/network.ts';
import { everything } from '../network/client.ts';
import { endAll, mooring, type Running, serve, temporaryFolder } from '../network/harness.ts';
import { admission, code } from '../network/messages.ts';
import { startTestNetwork, type TestFabric } from './support/network.ts';
import { fabricTools } from './support/tools.ts';

const BASE_PORT = 28_500;
const ORIGIN = 'mooring.example/hospital';
const WAIT_MS = 60_000;
const OFTEN = { MOORING_ANCHOR_INTERVAL_MS: '250' };

interface Ready {
  readonly degraded: readonly string[];
  readonly reasons?: Readonly<Record<string, string>>;
}

const tools = fabricTools();

describe('a data folder and a Fabric network that do not belong together', {
  skip: 'skip' in tools && tools.skip,
  timeout: 300_000,
}, () => {
  let fabric: TestFabric;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let dataDir: string;
  let patient = '';

  before(async () => {
    folder = await temporaryFolder();
    dataDir = join(folder.path, 'data');
    fabric = await startTestNetwork({ basePort: BASE_PORT });
  });
  after(async () => {
    await endAll();
    await fabric?.close();
    await folder?.remove();
  });

  const commandLine = (bridge: Running, data: string) => [
    ...['--url', bridge.url, '--data-dir', join(data, 'hospital')],
  ];
  const operator = (method: 'GET' | 'POST', path: string, body?: unknown) => (bridge: Running) =>
    askOperator({ url: bridge.url, dataDir: join(dataDir, 'hospital') }, method, path, body);
  const anchoredSize = async () =>
    (await latestOnLedger((await fabric.open('laboratory')).ledger, ORIGIN))?.size;
  const tokenOf = (bridge: Running, client: string) =>
    askToken({ url: bridge.url, client, key: join(folder.path, client), scope: 'system/*.cruds' });
  const get = async (bridge: Running, client: string, path: string) =>
    fetch(`${bridge.url}/fhir/${path}`, {
      headers: { authorization: `Bearer ${await tokenOf(bridge, client)}` },
    });
  const clinicReads = async (bridge: Running) => (await get(bridge, 'clinic', `Patient/${patient}`)).status;

  /** Clients of the hospital and of the clinic, with the organization as their id. */
  async function registerClients(bridge: Running): Promise<void> {
    for (const id of ['hospital', 'clinic']) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
      const about = { alg: 'ES384', kid: id, use: 'sig' };
      const secret = { ...privateKey.export({ format: 'jwk' }), ...about };
      await writeFile(join(folder.path, id), JSON.stringify(secret));
      const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), ...about }] };
      const scope = 'system/*.cruds';
      await operator('POST', '/clients', { id, name: id, participant: id, scope, purposes: ['TREAT'], jwks })(
        bridge,
      );
    }
  }

  async function grantToClinic(bridge: Running): Promise<void> {
    const { privateJwk, publicJwk } = generatePatientKey();
    await operator('POST', `/patients/${patient}/key`, { jwk: publicJwk })(bridge);
    const [from, id] = [Date.now(), randomUUID()];
    const consent = buildGrant({ id, patient, to: 'clinic', from, until: from + 3_600_000 });
    const answer = await fetch(`${bridge.url}/fhir/Consent/${id}`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${await tokenOf(bridge, 'hospital')}`,
        'content-type': 'application/fhir+json',
      },
      body: JSON.stringify(signConsent(consent, privateJwk, { version: 1, at: from })),
    });
    assert.equal(answer.status, 201, await answer.text());
  }

  test('a bridge that has the connection of another organization does not start, and says whose it is', async () => {
    const starting = fabric.bridge('clinic', join(folder.path, 'clinic-data'), {
      MOORING_MSP_ID: 'HospitalMSP',
    });
    await assert.rejects(
      starting,
      /ended with 1 .*mspId is HospitalMSP, but .*clinic\.json is of ClinicMSP/s,
    );
  });

  test('a log that was begun on the embedded ledger is anchored on Fabric from its first leaf', async () => {
    const before = await serve(dataDir, [], OFTEN);
    await send(before, 0);
    await until(before, ({ degraded }) => degraded.length === 0);
    await before.stop();

    await register((await fabric.open('clinic')).ledger, 'clinic', 'clinic', 'ClinicMSP');
    const bridge = await fabric.bridge('hospital', dataDir, OFTEN);
    await until(bridge, ({ degraded }) => degraded.length === 0);
    assert.equal(await anchoredSize(), await logSize(bridge));

    await registerClients(bridge);
    patient = (await everything(bridge, await tokenOf(bridge, 'hospital'), 'Patient'))[0]?.id ?? '';
    await grantToClinic(bridge);
    assert.equal(await clinicReads(bridge), 200);
    await bridge.stop();
  });

  test('a new data folder anchors nothing after checkpoints that are not of its log, and says what to do', async () => {
    const before = await anchoredSize();
    const other = join(folder.path, 'other');
    const bridge = await fabric.bridge('hospital', other, OFTEN);
    await send(bridge, 1);
    const { degraded, reasons } = await until(bridge, ({ degraded }) => degraded.length > 0);
    assert.deepEqual([degraded, reasons], [['anchoring'], { anchoring: 'LEDGER_DISAGREES' }]);
    const status = await mooring(['ledger', 'status', ...commandLine(bridge, other)]);
    assert.match(status.out, /LEDGER_DISAGREES: .*are of another log.*Start with the data folder/);
    assert.ok(bridge.lines.some((line) => /"level":50.*LEDGER_DISAGREES/.test(line)));
    await bridge.stop();
    assert.equal(await anchoredSize(), before);
  });

  test('on a network that was made anew nothing is decided or anchored by what was known of the one before', async () => {
    await fabric.close();
    fabric = await startTestNetwork({ basePort: BASE_PORT });
    await register((await fabric.open('clinic')).ledger, 'clinic', 'clinic', 'ClinicMSP');
    const height = async () => (await fabric.open('hospital')).ledger.height();
    const untouched = await height();

    const bridge = await fabric.bridge('hospital', dataDir, OFTEN);
    const { reasons } = await until(bridge, ({ degraded }) => degraded.length === 3);
    assert.deepEqual(reasons, {
      ledger: 'LEDGER_REPLACED',
      consent: 'NOT_FRESH',
      anchoring: 'LEDGER_REPLACED',
    });
    assert.equal(await clinicReads(bridge), 503, 'the grant was on the other network');
    await send(bridge, 2);
    const status = await mooring(['ledger', 'status', ...commandLine(bridge, dataDir)]);
    assert.match(status.out, /LEDGER_REPLACED: .*another network.*mooring ledger rebuild --other-ledger/);
    // Another network is taken only when it is said so.
    assert.deepEqual(await operator('POST', '/ledger/rebuild', {})(bridge), {
      channel: 'exchange',
      failed: 'NOT_FRESH',
    });
    const said = bridge.lines.filter((line) => /"level":50.*LEDGER_REPLACED/.test(line));
    assert.equal(said.length, 1);
    assert.equal(await height(), untouched);

    const taken = await mooring(['ledger', 'rebuild', '--other-ledger', ...commandLine(bridge, dataDir)]);
    assert.equal(taken.code, 0, taken.err);
    await until(bridge, ({ degraded }) => degraded.length === 0);
    assert.equal(await anchoredSize(), await logSize(bridge));
    assert.equal(await clinicReads(bridge), 404, 'the patient agreed to nothing on this network');
    const proof = await get(bridge, 'hospital', `Patient/${patient}/$verify`);
    assert.match(await proof.text(), /"valueCode":"verified"/, 'what was there before is proven here, too');
    await bridge.stop();
  });
});

async function send({ mllpPort }: Running, n: number): Promise<void> {
  const sender = await connectMllp({ host: '127.0.0.1', port: mllpPort });
  assert.equal(code(await sender.send(admission(n))), 'AA', 'messages are taken all the same');
  await sender.close();
}

async function until({ url }: Running, wished: (ready: Ready) => boolean): Promise<Ready> {
  for (const end = Date.now() + WAIT_MS; ; await pause(100)) {
    const ready = (await (await fetch(`${url}/health/ready`)).json()) as Ready;
    if (wished(ready)) return ready;
    assert.ok(Date.now() < end, JSON.stringify(ready));
  }
}

/** As the newest checkpoint has it: its second line. */
async function logSize({ url }: Running): Promise<number> {
  return Number((await (await fetch(`${url}/log/checkpoint`)).text()).split('\n')[1]);
}
