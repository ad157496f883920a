// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { CID } from 'multiformats/cid';
import { contentAddress } from '../../src/store/keys/address.ts';
import { blindToken } from '../../src/store/keys/blind.ts';
import { openContent, sealContent } from '../../src/store/keys/envelope.ts';
import { openFileKeyring } from '../../src/store/keys/file.ts';
import { ownFolder } from './folders.ts';

const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  const at = (bit >> 3) % copy.length;
  copy[at] = (copy[at] as number) ^ (1 << (bit & 7));
  return copy;
};

test('sealed content opens with its key and its name', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.string(), (plain, record) => {
      const key = randomBytes(32);
      const opened = openContent(key, sealContent(key, plain, record), record);
      assert.deepEqual(Buffer.from(opened), Buffer.from(plain));
    }),
    { numRuns: 200 },
  );
});

test('any bit changed, another key or the name of another version makes sealed content unreadable', () => {
  const key = randomBytes(32);
  const sealed = sealContent(key, Buffer.from('what only the patient may say'), 'Observation/o1/1');
  const refused = { code: 'CONTENT_DAMAGED' };
  fc.assert(
    fc.property(fc.nat(10_000), (bit) => {
      const content = { ...sealed, content: flipped(sealed.content, bit) };
      const contentKey = { ...sealed, contentKey: flipped(sealed.contentKey, bit) };
      assert.throws(() => openContent(key, content, 'Observation/o1/1'), refused);
      assert.throws(() => openContent(key, contentKey, 'Observation/o1/1'), refused);
    }),
    { numRuns: 500 },
  );
  assert.throws(() => openContent(randomBytes(32), sealed, 'Observation/o1/1'), refused);
  assert.throws(() => openContent(key, sealed, 'Observation/o1/2'), refused);
  const swapped = { content: sealed.contentKey, contentKey: sealed.content };
  assert.throws(() => openContent(key, swapped, 'Observation/o1/1'), refused);
  const cut = { ...sealed, content: sealed.content.subarray(0, 20) };
  assert.throws(() => openContent(key, cut, 'Observation/o1/1'), refused);
});

test('a ciphertext is named as any IPFS tool names it', () => {
  const bytes = Buffer.from('hello');
  const cid = CID.parse(contentAddress(bytes));
  assert.deepEqual([cid.version, cid.code, cid.multihash.code], [1, 0x55, 0x12]);
  assert.deepEqual(Buffer.from(cid.multihash.digest), createHash('sha256').update(bytes).digest());
  // Known from the IPFS documentation's own tools: `ipfs add --cid-version=1 --raw-leaves` of these five bytes.
  assert.equal(contentAddress(bytes), 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq');
});

test('a blind token is the same for one organization and tells nothing to another', () => {
  const [one, other] = [randomBytes(32), randomBytes(32)];
  const token = 'identifier|urn:oid:1.2|4711';
  assert.equal(blindToken(one, token), blindToken(one, token));
  assert.notEqual(blindToken(one, token), blindToken(other, token));
  assert.equal(BigInt.asIntN(64, blindToken(one, token)), blindToken(one, token));
});

test('a keyring is made once, by whoever is first, and only its owner may read it', async (t) => {
  const folder = await ownFolder(t);
  const rings = await Promise.all(Array.from({ length: 8 }, () => openFileKeyring(folder)));
  const secrets = await Promise.all(rings.map((ring) => ring.secret('pseudonym')));
  assert.equal(new Set(secrets.map((secret) => Buffer.from(secret).toString('hex'))).size, 1);
  assert.equal((await stat(join(folder, 'keyring.json'))).mode & 0o777, 0o600);
});

test('each purpose has its own secret of 32 bytes, the same ever after', async (t) => {
  const folder = await ownFolder(t);
  const ring = await openFileKeyring(folder);
  const [blind, token] = [await ring.secret('blind-index'), await ring.secret('access-token')];
  assert.deepEqual([blind.length, token.length], [32, 32]);
  assert.notDeepEqual(blind, token);
  assert.deepEqual(await (await openFileKeyring(folder)).secret('blind-index'), blind);
});

test('what was wrapped before a rotation is unwrapped after it, and nothing in another context or keyring', async (t) => {
  const folder = await ownFolder(t);
  const ring = await openFileKeyring(folder);
  const key = randomBytes(32);
  const secret = await ring.secret('pseudonym');
  const before = await ring.wrap(key, 'patient/p1');
  await ring.rotate();
  const after = await ring.wrap(key, 'patient/p1');
  const again = await openFileKeyring(folder);
  for (const wrapped of [before, after]) {
    assert.deepEqual(Buffer.from(await again.unwrap(wrapped, 'patient/p1')), key);
    await assert.rejects(again.unwrap(wrapped, 'patient/p2'), { code: 'UNWRAP_FAILED' });
    await assert.rejects(again.unwrap(flipped(wrapped, 99), 'patient/p1'), { code: 'UNWRAP_FAILED' });
    await assert.rejects(again.unwrap(wrapped.subarray(0, 3), 'patient/p1'), { code: 'UNWRAP_FAILED' });
    const stranger = await openFileKeyring(await ownFolder(t));
    await assert.rejects(stranger.unwrap(wrapped, 'patient/p1'), { code: 'UNWRAP_FAILED' });
  }
  assert.deepEqual(await again.secret('pseudonym'), secret);
});

test('a damaged keyring is named and never replaced', async (t) => {
  const folder = await ownFolder(t);
  const ring = await openFileKeyring(folder);
  await ring.wrap(randomBytes(32), 'x');
  const path = join(folder, 'keyring.json');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.slice(0, 40));
  await assert.rejects(openFileKeyring(folder), { code: 'KEYRING_DAMAGED' });
  assert.equal(await readFile(path, 'utf8'), text.slice(0, 40));
});
