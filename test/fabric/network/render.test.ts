// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readDescriptionFile } from '../../../fabric/description.ts';
import { keysIn } from '../../../fabric/keys.ts';
import { peersOf } from '../../../fabric/nodes.ts';
import { containerPlaces, nativePlaces } from '../../../fabric/places.ts';
import { renderCollections } from '../../../fabric/render/collections.ts';
import { renderCompose } from '../../../fabric/render/compose.ts';
import { renderConfigtx } from '../../../fabric/render/configtx.ts';
import { renderConnection } from '../../../fabric/render/connection.ts';
import { packageId, renderPackage } from '../../../fabric/render/package.ts';
import { peerChanges } from '../../../fabric/render/peer.ts';
import { changeSample } from '../../../fabric/render/sample.ts';

const description = await readDescriptionFile('fabric/network.yaml');

test('docker-compose.yaml is what the description makes of it (npm run fabric:compose)', async () => {
  const base = await readFile('fabric/compose-base.yaml', 'utf8');
  assert.equal(await readFile('docker-compose.yaml', 'utf8'), renderCompose(base, description));
});

test('containers wait only for containers that there are, and mount only volumes that there are', async () => {
  const { services, volumes } = parse(await readFile('docker-compose.yaml', 'utf8')) as Compose;
  for (const [name, service] of Object.entries(services)) {
    for (const [before, { condition }] of Object.entries(service.depends_on ?? {})) {
      assert.ok(services[before], `${name} waits for ${before}`);
      if (condition === 'service_healthy')
        assert.ok(services[before].healthcheck, `${before} says its health`);
      // Otherwise the profile would have to be named for the plain start, too.
      if (!service.profiles) assert.equal(services[before].profiles, undefined);
    }
    for (const volume of service.volumes ?? [])
      assert.ok((volume.split(':')[0] as string) in volumes, volume);
  }
  const always = Object.keys(services).filter((name) => !services[name]?.profiles);
  assert.deepEqual(always, ['postgres', 'bridge']);
});

interface Compose {
  readonly services: Record<
    string,
    {
      readonly profiles?: string[];
      readonly volumes?: string[];
      readonly healthcheck?: object;
      readonly depends_on?: Record<string, { condition: string }>;
    }
  >;
  readonly volumes: Record<string, unknown>;
}

test('private data are for the members of the channel, and another peer has them before a transaction is endorsed', () => {
  const [terms, details] = JSON.parse(renderCollections(description, ['hospital', 'laboratory'])) as object[];
  assert.deepEqual(terms, {
    name: 'consentTerms',
    policy: "OR('HospitalMSP.member', 'LaboratoryMSP.member')",
    requiredPeerCount: 1,
    maxPeerCount: 1,
    blockToLive: 0,
    memberOnlyRead: true,
    memberOnlyWrite: true,
  });
  assert.deepEqual(details, { ...terms, name: 'accessDetails' });
  const [alone] = JSON.parse(renderCollections(description, ['clinic'])) as { requiredPeerCount: number }[];
  assert.equal(alone?.requiredPeerCount, 0);
});

test('a channel has its members only, and a majority of them endorses', () => {
  const places = nativePlaces(description, '/somewhere');
  const { Profiles } = parse(renderConfigtx(description, places, keysIn('/keys', description))) as {
    Profiles: Record<
      string,
      { Application: { Organizations: { ID: string }[]; Policies: Record<string, { Rule: string }> } }
    >;
  };
  const { Organizations, Policies } = Profiles['research']!.Application;
  assert.deepEqual(
    Organizations.map(({ ID }) => ID),
    ['HospitalMSP', 'LaboratoryMSP'],
  );
  assert.equal(Policies['Endorsement']?.Rule, 'MAJORITY Endorsement');
  assert.equal(Policies['LifecycleEndorsement']?.Rule, 'MAJORITY Endorsement');
});

test("a peer's configuration is the sample's with our changes, natively and in a container", () => {
  const [peer] = peersOf(description);
  const sample =
    'peer:\n  tls:\n    enabled: false # off\n    cert: { file: x }\nvm:\n  endpoint: unix:///y\nkept: 1\n';
  for (const [places, address] of [
    [nativePlaces(description, '/somewhere'), `${description.host}:${description.basePort + 100}`],
    [containerPlaces(), 'hospital-peer0:7051'],
  ] as const) {
    const changes = peerChanges(description, places, keysIn('/keys', description), peer!);
    const { peer: made, vm, kept } = parse(changeSample(sample, changes));
    assert.equal(made.tls.enabled, true);
    assert.match(made.tls.cert.file, /^\/keys\/peerOrganizations\/hospital\./);
    assert.equal(vm.endpoint, '');
    assert.equal(kept, 1);
    assert.equal(made.address, address);
  }
});

test('a connection file names the channels of its own organization, and keys by paths beside it', () => {
  const places = nativePlaces(description, '/somewhere');
  const connection = JSON.parse(renderConnection(description, places, description.organizations[1]!));
  assert.deepEqual(Object.keys(connection.channels), ['exchange']);
  assert.deepEqual(connection.peers, [
    {
      address: `${description.host}:${description.basePort + 200}`,
      tlsCertificates: 'clinic/tls.pem',
      tlsServerName: 'clinic-peer0',
    },
  ]);
  assert.equal(connection.privateKey, 'clinic/key.pem');
});

test('a package is an archive that others can read, and the same each time it is made', async () => {
  const service = { address: 'here:1', clientKey: 'k', clientCertificate: 'c', authority: 'a' };
  const content = renderPackage('mooring_1.0', service);
  assert.deepEqual(renderPackage('mooring_1.0', service), content);
  assert.match(packageId('mooring_1.0', content), /^mooring_1\.0:[0-9a-f]{64}$/);
  const folder = await mkdtemp(join(tmpdir(), 'mooring-package-'));
  try {
    await writeFile(join(folder, 'package.tar.gz'), content);
    execFileSync('tar', ['xzf', 'package.tar.gz'], { cwd: folder });
    execFileSync('tar', ['xzf', 'code.tar.gz'], { cwd: folder });
    const connection = JSON.parse(await readFile(join(folder, 'connection.json'), 'utf8'));
    assert.equal(connection.address, 'here:1');
    assert.equal(connection.tls_required, true);
    assert.equal(connection.client_auth_required, true);
  } finally {
    await rm(folder, { recursive: true });
  }
});
