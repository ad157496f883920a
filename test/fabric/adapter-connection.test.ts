// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readConnection } from '../../src/ledger/fabric/connection-file.ts';

let folder: string;
let file: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mooring-connection-'));
  file = join(folder, 'hospital.yaml');
});
after(() => rm(folder, { recursive: true, force: true }));

const organizations = [{ mspId: 'HospitalMSP', certificates: ['ca.pem'] }];
const VALID = {
  mspId: 'HospitalMSP',
  certificate: 'certificate.pem',
  privateKey: 'key.pem',
  chaincode: 'mooring',
  peers: [{ address: '127.0.0.1:7051', tlsCertificates: 'tls.pem' }],
  channels: { exchange: { organizations } },
  orderers: organizations,
};

async function refusalOf(content: string): Promise<string> {
  await writeFile(file, content);
  const error: unknown = await readConnection(file).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Error, 'it is refused');
  assert.equal(error.name, 'ConnectionFileError');
  assert.ok(error.message.startsWith(`${file}: `), error.message);
  return error.message;
}

const wrong: readonly (readonly [string, object, RegExp])[] = [
  ['a member is missing', { ...VALID, peers: undefined }, /the connection .*'peers'/],
  ['there is no peer', { ...VALID, peers: [] }, /: peers must/],
  [
    'a peer has no port',
    { ...VALID, peers: [{ address: 'peer', tlsCertificates: 't' }] },
    /: peers\[0\]\.address must/,
  ],
  [
    'a channel has no organizations',
    { ...VALID, channels: { exchange: {} } },
    /: channels\.exchange must .*'organizations'/,
  ],
  ['a member is misspelt', { ...VALID, mspID: 'x' }, /must not have "mspID"/],
  ['a file is not there', VALID, /: certificate is certificate\.pem: there is no such file/],
];
for (const [title, content, expected] of wrong)
  test(`a connection file is refused by the member's name when ${title}`, async () => {
    assert.match(await refusalOf(JSON.stringify(content)), expected);
  });

test('a connection file that is none is refused by its name', async () => {
  assert.match(await refusalOf('{"mspId": '), /neither JSON nor YAML/);
  await rm(file);
  await assert.rejects(readConnection(file), /there is no such file/);
});

test('what stands in a key is in no error', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await writeFile(join(folder, 'certificate.pem'), pem);
  await writeFile(join(folder, 'key.pem'), pem);
  const message = await refusalOf(JSON.stringify(VALID));
  assert.match(message, /certificate is no PEM certificate/);
  assert.ok(!message.includes(pem.split('\n')[1]!), 'the error tells nothing of the key');
});
