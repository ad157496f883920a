// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { type Description, readDescriptionFile } from '../../../fabric/description.ts';
import { type FabricNetwork, openFabricNetwork } from '../../../fabric/native.ts';
import { peersOf } from '../../../fabric/nodes.ts';
import { address } from '../../../fabric/places.ts';
import type { CommandError } from '../../../fabric/run/command.ts';
import { asAdmin, toOrderer } from '../../../fabric/setup/admin.ts';
import { readCommitted } from '../../../fabric/setup/deploy.ts';
import { findTools, type Tools } from '../../../fabric/tools.ts';
import { fabricTools } from '../support/tools.ts';

const tools = fabricTools();
const BASE_PORT = 20_400;

describe('a Fabric network of processes', { skip: 'skip' in tools && tools.skip, timeout: 180_000 }, () => {
  let programs: Tools;
  let description: Description;
  let dir: string;
  let network: FabricNetwork;
  let said: string[] = [];
  const open = () => {
    said = [];
    return openFabricNetwork({ description, dir, tools: programs, say: (line) => said.push(line) });
  };

  before(async () => {
    if ('skip' in tools) return;
    programs = await findTools(tools.value, () => undefined);
    const described = await readDescriptionFile('fabric/network.yaml');
    // Two peers of one organization: both must come to know the others.
    const organizations = described.organizations.map((each) =>
      each.id === 'hospital' ? { ...each, peers: 2 } : each,
    );
    description = { ...described, organizations, basePort: BASE_PORT };
    dir = await mkdtemp(join(tmpdir(), 'mooring-fabric-'));
    network = await open();
    await register(network, 'hospital-one');
  });
  after(async () => {
    await network?.close();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  test('a second start makes nothing anew, and what was agreed on is still there', async () => {
    assert.ok(said.includes('making keys and certificates'));
    await network.close();
    network = await open();
    assert.deepEqual(said, ['starting the nodes']);
    assert.match(await list(network), /hospital-one/);
  });

  test('an upgrade keeps the state, counts the sequence, and leaves one process of the contract', async () => {
    const before = await readCommitted(network.setup, 'research');
    await network.upgrade('2.0');
    assert.deepEqual(await readCommitted(network.setup, 'exchange'), { version: '2.0', sequence: 2 });
    assert.deepEqual(before, { version: '1.0', sequence: 1 });
    assert.match(await list(network), /hospital-one/);
    const names = network.nodes().map(({ name }) => name);
    assert.equal(names.filter((name) => name === 'clinic-chaincode').length, 1);
    await register(network, 'hospital-two');
    assert.match(await list(network), /hospital-two/);
  });

  test("a client of the organization can't approve a contract: that is its administrator's", async () => {
    const { setup } = network;
    const [peer] = peersOf(description);
    const bridge = setup.keys.bridge(peer!.organization).msp;
    const args = ['-C', 'research', '-n', 'other', '-v', '1', '--sequence', '1', '--package-id', 'x:1'];
    await assert.rejects(
      asAdmin(
        setup,
        peer!,
        ['lifecycle', 'chaincode', 'approveformyorg', ...args, ...(await toOrderer(setup))],
        bridge,
      ),
      (error: CommandError) => /Admins/.test(error.said) && /identity is not an admin/.test(error.said),
    );
  });

  test("the contract's process speaks only with those who show a certificate of its organization", async () => {
    const clinic = network.setup.keys.chaincode(description.organizations[1]!);
    const hospital = network.setup.keys.chaincode(description.organizations[0]!);
    assert.equal(await speak(network, clinic.client), 'answers');
    assert.equal(await speak(network, undefined), 'refuses');
    assert.equal(await speak(network, hospital.client), 'refuses');
  });

  test('nothing that is given to the contract, or that it refuses, is in any log', async () => {
    const secret = 'marker-of-what-nobody-may-read';
    const terms = JSON.stringify({ terms: { purpose: secret }, salt: secret });
    const transient = { terms: Buffer.from(terms).toString('base64') };
    for (const call of [
      ['consents:Grant', secret, secret, '1', secret],
      [`consents:${secret}`, secret],
    ])
      await assert.rejects(
        invoke(network, call, transient),
        /ARGUMENT_|TERMS_|SIGNATURE_|PARTICIPANT_|TRANSACTION_/,
      );
    for (const { name, log } of network.nodes())
      assert.ok(!(await readFile(log, 'utf8')).includes(secret), `the log of ${name} has it`);
  });

  test('a node that was killed is started again and found by the others', async () => {
    for (const name of ['clinic-chaincode', 'clinic-peer0']) {
      await network.kill(name);
      await network.start(name);
    }
    await network.ready();
    assert.match(await list(network, 'clinic'), /hospital-one/);
  });

  test('another description for the same folder is refused, and says what to do', async () => {
    const other = { ...description, channels: { exchange: ['hospital'] } };
    await assert.rejects(
      openFabricNetwork({ description: other, dir, tools: programs, say: () => undefined }),
      /was made from another description.*--clean/s,
    );
  });
});

function register(network: FabricNetwork, id: string): Promise<string> {
  return invoke(network, ['participants:Register', id, 'hospital', 'HospitalMSP', ''], {});
}

/** As the hospital's bridge, endorsed by two organizations; resolves when it is committed. */
async function invoke(
  { setup }: FabricNetwork,
  call: readonly string[],
  transient: Readonly<Record<string, string>>,
): Promise<string> {
  const [peer] = peersOf(setup.description);
  const endorsers = peersOf(setup.description, ['hospital', 'laboratory']).filter(({ index }) => index === 0);
  const args = [
    ...['chaincode', 'invoke', '-C', 'exchange', '-n', 'mooring', '-c', JSON.stringify({ Args: call })],
    ...['--transient', JSON.stringify(transient), '--waitForEvent'],
    ...endorsers.flatMap((each) => [
      ...['--peerAddresses', address(setup.places.peer(each).serves)],
      ...['--tlsRootCertFiles', setup.keys.peer(each).tls.authority],
    ]),
  ];
  const bridge = setup.keys.bridge(peer!.organization).msp;
  return asAdmin(setup, peer!, [...args, ...(await toOrderer(setup))], bridge);
}

async function list({ setup }: FabricNetwork, organization = 'hospital'): Promise<string> {
  const [peer] = peersOf(setup.description, [organization]);
  const call = JSON.stringify({ Args: ['participants:List'] });
  return asAdmin(setup, peer!, ['chaincode', 'query', '-C', 'exchange', '-n', 'mooring', '-c', call]);
}

/** Who is accepted gets the settings of HTTP/2; TLS 1.3 says only after the handshake that it wanted a certificate. */
async function speak(
  network: FabricNetwork,
  as: { certificate: string; key: string } | undefined,
): Promise<'answers' | 'refuses'> {
  const organization = network.description.organizations[1]!;
  const [host, port] = network
    .nodes()
    .find(({ name }) => name === 'clinic-chaincode')!
    .address.split(':') as [string, string];
  const socket = connect({
    host,
    port: Number(port),
    ca: await readFile(network.setup.keys.chaincode(organization).server.authority),
    ...(as ? { cert: await readFile(as.certificate), key: await readFile(as.key) } : {}),
    ALPNProtocols: ['h2'],
    timeout: 5_000,
  });
  try {
    return await new Promise((resolve, reject) => {
      socket.on('data', () => resolve('answers'));
      socket.on('error', () => resolve('refuses'));
      socket.on('close', () => resolve('refuses'));
      socket.on('timeout', () => reject(new Error('neither answers nor refuses')));
    });
  } finally {
    socket.destroy();
  }
}
