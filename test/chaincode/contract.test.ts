// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { contracts } from '@mooring/chaincode';
import { canonicalJson } from '@mooring/chaincode/canonical';
import { signedChange, termsHash } from '@mooring/chaincode/commitment';
import { ContractError, parseContractError } from '@mooring/chaincode/errors';
import { verifyDetached } from '@mooring/chaincode/signature';
import type { ConsentTerms } from '@mooring/chaincode/terms';
import { timeInterval } from '@mooring/chaincode/time';
import fc from 'fast-check';
import { detachedJws, generatePatientKey } from '../../src/consent/sign.ts';

test('a refusal survives whatever Fabric wraps around its message', () => {
  const error = new ContractError('CONSENT_GAP', 'consent c has no version 1');
  const wrapped = `10 ABORTED: failed to endorse: chaincode response 500, ${error.message}`;
  assert.equal(parseContractError(wrapped)?.code, 'CONSENT_GAP');
  assert.equal(parseContractError(error.message)?.message, error.message);
  assert.equal(parseContractError('some other failure: CONSENT'), undefined);
});

test('the package has four contracts, and no method that is a transaction by accident', () => {
  const all = contracts.map((Each) => {
    const names = Object.getOwnPropertyNames(Each.prototype).filter((name) => name !== 'constructor');
    return [new Each().getName(), names.sort()];
  });
  assert.deepEqual(Object.fromEntries(all), {
    participants: ['List', 'Read', 'Register', 'Reinstate', 'RotateKey', 'Suspend'],
    records: ['Checkpoint', 'GetCheckpoint', 'Holders', 'LatestCheckpoint', 'RegisterHolder'],
    consents: ['AsOf', 'Erase', 'Evaluate', 'Grant', 'History', 'List', 'Read', 'Revoke'],
    access: ['Close', 'Read', 'Request'],
  });
});

test('the package knows no clock, no randomness, no network and nothing of the bridge', () => {
  const folder = new URL('../../chaincode/src/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const allowed = /^(\.{1,2}\/[\w./-]+\.ts|node:crypto|fabric-contract-api)$/;
  for (const name of files) {
    const text = readFileSync(new URL(name, folder), 'utf8');
    for (const [, from] of text.matchAll(/from '([^']+)'/g)) assert.match(from ?? '', allowed, name);
    assert.doesNotMatch(
      text,
      /Date\.now|new Date\(\)|Math\.random|randomBytes|randomUUID|fetch\(|process\./,
      name,
    );
  }
});

test('canonical JSON sorts by code units, leaves absent members out and takes integers only', () => {
  assert.equal(
    canonicalJson({ b: [1, true, null], a: '\u20ac\n', '\ud83d\ude00': '', '\ufb33': undefined }),
    '{"a":"€\\n","b":[1,true,null],"😀":""}',
  );
  assert.throws(() => canonicalJson(1.5), { code: 'ARGUMENT_INVALID' });
});

test('the commitment to terms depends on every byte of terms and salt, and not on the pseudonym', () => {
  const terms: ConsentTerms = {
    subject: 's',
    consent: 'c',
    version: 1,
    status: 'active',
    provision: { type: 'permit' },
  };
  const salt = Buffer.alloc(32, 7);
  const hash = termsHash(terms, salt);
  const anotherSubject: ConsentTerms = { ...terms, subject: 'other' };
  assert.equal(hash, termsHash(anotherSubject, salt));
  assert.notEqual(hash, termsHash({ ...terms, version: 2 }, salt));
  assert.notEqual(hash, termsHash({ ...terms, provision: { type: 'deny' } }, salt));
  assert.notEqual(hash, termsHash(terms, Buffer.alloc(32, 8)));
});

test('the vector of docs/consent.md: what is signed for given terms and salt', () => {
  const terms = {
    consent: '5b0c1b52-1c5e-4c0a-9d55-6a2b9a0f6a11',
    version: 1,
    status: 'active',
    provision: {
      type: 'deny',
      implicit: true,
      period: { end: '2026-05-03' },
      provision: [{ type: 'permit', actor: [{ participant: 'clinic' }] }],
    },
  } as const;
  const signed = canonicalJson(signedChange(terms, Buffer.alloc(32, 0xab)));
  const document = readFileSync(new URL('../../docs/consent.md', import.meta.url), 'utf8');
  assert.ok(document.includes(signed));
  assert.ok(document.includes(canonicalJson(terms)));
  // The definition once more, without our code: domain, then each part with its length.
  const salt = Buffer.alloc(32, 0xab);
  const text = Buffer.from(canonicalJson(terms));
  const length = (part: Buffer) => Buffer.from([0, 0, part.length >> 8, part.length & 0xff]);
  const input = Buffer.concat([
    Buffer.from('mooring consent terms v1\n'),
    length(salt),
    salt,
    length(text),
    text,
  ]);
  assert.ok(signed.includes(createHash('sha256').update(input).digest('base64url')));
});

test('a signature with any bit flipped, another header or another payload is refused', () => {
  const { privateJwk, publicJwk } = generatePatientKey();
  const key = publicJwk as Parameters<typeof verifyDetached>[3];
  const terms = { consent: 'c', version: 1, status: 'active', provision: { type: 'permit' } } as const;
  const payload = signedChange(terms, Buffer.alloc(32));
  const jws = detachedJws(payload, privateJwk, 't');
  verifyDetached(jws, 't', payload, key);
  const refused = (changed: string, type = 't', signed: unknown = payload) =>
    assert.throws(() => verifyDetached(changed, type, signed, key), { code: 'SIGNATURE_INVALID' });
  const [header = '', , signature = ''] = jws.split('.');
  refused(jws, 'other');
  refused(jws, 't', { ...payload, version: 2 });
  refused(`${header}.e30.${signature}`);
  refused(`${header}..${signature}.`);
  refused('');
  for (const other of [
    { alg: 'none', typ: 't' },
    { alg: 'ES256', typ: 't', crit: ['b64'] },
    { alg: 'ES256' },
    null,
  ])
    refused(`${Buffer.from(JSON.stringify(other)).toString('base64url')}..${signature}`);
  fc.assert(
    fc.property(fc.nat(63), fc.nat(7), (byte, bit) => {
      const raw = Buffer.from(signature, 'base64url');
      raw[byte] = (raw[byte] ?? 0) ^ (1 << bit);
      refused(`${header}..${raw.toString('base64url')}`);
    }),
    { numRuns: 100 },
  );
});

test('a time is as long as its precision, and days that do not exist are refused', () => {
  const length = (text: string) => timeInterval(text).to - timeInterval(text).from + 1;
  assert.equal(length('2026-05-10'), 86_400_000);
  assert.equal(length('2024-02'), 29 * 86_400_000);
  assert.equal(timeInterval('2026-05-10T12:00:00.5+02:00').from, Date.UTC(2026, 4, 10, 10, 0, 0, 500));
  for (const wrong of [
    '2026-02-30',
    '2026-13',
    '2026-00',
    '2026-05-10T25:00:00Z',
    '2026-05-10T12:00Z',
    'now',
    '',
  ])
    assert.throws(() => timeInterval(wrong), { code: 'TERMS_INVALID' }, wrong);
});
