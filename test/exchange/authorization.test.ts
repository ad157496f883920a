// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import express from 'express';
import fc from 'fast-check';
import { exportJWK, generateKeyPair } from 'jose';
import supertest from 'supertest';
import { openClientRegistry } from '../../src/exchange/auth/clients.ts';
import { ClientError } from '../../src/exchange/auth/errors.ts';
import {
  allows,
  intersectScopes,
  type Permission,
  parseScope,
  parseScopes,
} from '../../src/exchange/auth/scopes.ts';
import { answerErrors } from '../../src/exchange/http/send.ts';
import { openLogger } from '../../src/operate/log.ts';
import { type Hospital, openHospital, patient } from './bridge.ts';

let hospital: Hospital;

before(async () => {
  hospital = await openHospital();
  await hospital.store.commit({ changes: [{ op: 'update', resource: patient('p1') }] });
});

after(() => hospital?.close());

const read = (token: string, path = '/fhir/Patient/p1') =>
  hospital.http.get(path).set('authorization', `Bearer ${token}`);

test('a client finds the token endpoint where SMART says it looks', async () => {
  for (const path of ['/.well-known/smart-configuration', '/fhir/.well-known/smart-configuration']) {
    const { body } = await hospital.http.get(path).expect(200);
    assert.equal(body.token_endpoint, `${hospital.url}/oauth2/token`);
    assert.deepEqual(body.token_endpoint_auth_signing_alg_values_supported, ['ES384', 'RS384']);
  }
});

test('a client with its key gets a token for a few minutes, and the token opens the records', async () => {
  const client = await hospital.client();
  const { body, headers } = await hospital.askToken(await hospital.assertion(client)).expect(200);
  assert.equal(body.token_type, 'bearer');
  assert.equal(body.expires_in, 300);
  assert.equal(body.scope, 'system/*.rs');
  assert.equal(headers['cache-control'], 'no-store');
  await read(body.access_token).expect(200);
  hospital.clock.skewMs = 301_000;
  try {
    await read(body.access_token).expect(401);
  } finally {
    hospital.clock.skewMs = 0;
  }
});

test('RS384 is as good as ES384', async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS384', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS384' };
  await hospital.clients.add({
    id: 'rsa',
    participant: 'hospital',
    jwks: { keys: [jwk] },
    scope: 'system/*.rs',
  });
  const assertion = await hospital.assertion({ id: 'rsa', privateKey }, { alg: 'RS384' });
  await hospital.askToken(assertion).expect(200);
});

test('an assertion is believed once, also when it comes twice at the same moment and to two instances', async () => {
  const client = await hospital.client();
  const assertion = await hospital.assertion(client);
  const answers = await Promise.all(Array.from({ length: 6 }, () => hospital.askToken(assertion)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401, 401, 401, 401]);
  const replayed = await hospital.askToken(assertion).expect(401);
  assert.equal(replayed.body.error, 'invalid_client');
});

test('whoever is not the client gets no token, and is told nothing that helps', async () => {
  const client = await hospital.client();
  const stranger = await generateKeyPair('ES384');
  const short = await generateKeyPair('ES256');
  const texts = new Set<string>();
  const attempts = [
    await hospital.assertion(client, { key: stranger.privateKey }),
    await hospital.assertion(client, { kid: 'k2' }),
    await hospital.assertion(client, { aud: 'https://elsewhere.example/token' }),
    await hospital.assertion(client, { iss: 'nobody', sub: 'nobody' }),
    await hospital.assertion(client, { sub: 'somebody-else' }),
    await hospital.assertion(client, { lifeS: -60 }),
    await hospital.assertion(client, { lifeS: 3600 }),
    await hospital.assertion(client, { jti: '' }),
    await hospital.assertion(client, { alg: 'ES256', key: short.privateKey }),
    await hospital.assertion(client, { alg: 'HS384', key: new TextEncoder().encode(JSON.stringify(client)) }),
    `${Buffer.from('{"alg":"none","kid":"k1"}').toString('base64url')}.${(await hospital.assertion(client)).split('.')[1]}.`,
    'not.a.jwt',
    'x'.repeat(20_000),
  ];
  for (const attempt of attempts) {
    const { body } = await hospital.askToken(attempt).expect(401);
    assert.equal(body.error, 'invalid_client');
    texts.add(JSON.stringify(body));
  }
  assert.equal(texts.size, 1);
});

test('a request for a token that is not one is refused in the words of RFC 6749', async () => {
  const client = await hospital.client({ purposes: ['TREAT'] });
  const fresh = () => hospital.assertion(client);
  const refusals: [string, Record<string, string>][] = [
    ['unsupported_grant_type', { grant_type: 'password' }],
    ['invalid_request', { client_assertion_type: 'something' }],
    ['invalid_scope', { scope: '' }],
    ['invalid_scope', { scope: 'user/Patient.read launch' }],
    ['unauthorized_client', { purpose_of_use: 'HMARKT' }],
  ];
  for (const [error, changes] of refusals) {
    const { body } = await hospital.askToken(await fresh(), changes).expect(400);
    assert.equal(body.error, error, JSON.stringify(changes));
  }
  const { body } = await hospital.http
    .post('/oauth2/token')
    .send({ grant_type: 'client_credentials' })
    .expect(400);
  assert.equal(body.error, 'invalid_request');
});

test('a token reaches as far as both the request and the registration', async () => {
  const client = await hospital.client({ scope: 'system/Patient.rs system/Observation.r' });
  const { body } = await hospital
    .askToken(await hospital.assertion(client), { scope: 'system/*.cruds' })
    .expect(200);
  assert.equal(body.scope, 'system/Patient.rs system/Observation.r');
  await read(body.access_token).expect(200);
  for (const path of ['/fhir/Encounter/e1', '/fhir/Encounter', '/fhir/Observation']) {
    const refused = await read(body.access_token, path).expect(403);
    assert.equal(refused.body.issue[0].code, 'forbidden');
  }
});

test('a suspended client is refused at once, with the token that it holds', async () => {
  const client = await hospital.client();
  await read(client.token).expect(200);
  await hospital.clients.suspend(client.id);
  await read(client.token).expect(401);
  await hospital.askToken(await hospital.assertion(client)).expect(401);
  const other = openClientRegistry(hospital.db, Date.now);
  assert.equal((await other.find(client.id))?.active, false);
});

test('no token, a made-up one and a changed one are all the same to the bridge', async () => {
  const { token } = await hospital.client();
  const [head, body, signature] = token.split('.') as [string, string, string];
  const richer = Buffer.from(
    JSON.stringify({ ...JSON.parse(Buffer.from(body, 'base64url').toString()), participant: 'clinic' }),
  );
  const attempts = [
    '',
    'Basic abc',
    'Bearer',
    'Bearer x',
    `Bearer ${head}.${richer.toString('base64url')}.${signature}`,
    `Bearer ${'y'.repeat(9000)}`,
  ];
  for (const header of attempts) {
    const { headers } = await hospital.http.get('/fhir/Patient/p1').set('authorization', header).expect(401);
    assert.equal(headers['www-authenticate'], 'Bearer');
  }
});

test('the registry takes no private key, no weak key, no unknown scope and no id twice', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true });
  const good = { ...(await exportJWK(publicKey)), kid: 'k1' };
  const weak = {
    ...(await exportJWK((await generateKeyPair('ES256', { extractable: true })).publicKey)),
    kid: 'k1',
  };
  const base = { id: 'careful', participant: 'hospital', scope: 'system/*.rs' };
  const code = (expected: string) => (error: unknown) =>
    error instanceof ClientError && error.code === expected;
  for (const key of [
    { ...(await exportJWK(privateKey)), kid: 'k1' },
    weak,
    { ...good, kid: undefined },
    { kty: 'oct', k: 'AAAA', kid: 'k1' },
    null,
  ]) {
    await assert.rejects(hospital.clients.add({ ...base, jwks: { keys: [key] } }), code('CLIENT_INVALID'));
  }
  await assert.rejects(
    hospital.clients.add({ ...base, jwks: { keys: [good] }, scope: 'everything' }),
    code('CLIENT_INVALID'),
  );
  await assert.rejects(
    hospital.clients.add({ ...base, id: '../x', jwks: { keys: [good] } }),
    code('CLIENT_INVALID'),
  );
  await hospital.clients.add({ ...base, jwks: { keys: [good] } });
  await assert.rejects(hospital.clients.add({ ...base, jwks: { keys: [good] } }), code('CLIENT_EXISTS'));
  await assert.rejects(hospital.clients.suspend('unheard-of'), code('CLIENT_UNKNOWN'));
});

test('HL7v2 over HTTP is for own clients that may write everything', async () => {
  const app = express();
  app.post('/sent', hospital.authorizeSender, (_request, response) => void response.status(204).end());
  app.use(answerErrors(openLogger('silent')));
  const ask = async (options: Parameters<Hospital['client']>[0]) => {
    const { token } = await hospital.client(options);
    return (await supertest(app).post('/sent').set('authorization', `Bearer ${token}`)).status;
  };
  assert.equal(await ask({}), 204);
  assert.equal(await ask({ scope: 'system/*.rs' }), 403);
  assert.equal(await ask({ scope: 'system/Patient.cruds' }), 403);
  assert.equal(await ask({ participant: 'clinic' }), 403);
  assert.equal((await supertest(app).post('/sent')).headers['www-authenticate'], 'Bearer');
});

test('scopes are letters in order, for one type or all', () => {
  assert.deepEqual([...(parseScope('system/Patient.rs')?.permissions ?? [])], ['r', 's']);
  for (const none of [
    'system/Patient.sr',
    'system/Patient.',
    'system/Patient.rr',
    'patient/Patient.rs',
    'system/patient.rs',
    'system/*.read',
    'system/Observation.rs?code=x',
  ]) {
    assert.equal(parseScope(none), undefined, none);
  }
});

test('what is granted is never more than what is registered, nor than what was asked for', () => {
  const letters = fc.subarray(['c', 'r', 'u', 'd', 's'], { minLength: 1 }).map((found) => found.join(''));
  const scope = fc
    .tuple(fc.constantFrom('*', 'Patient', 'Observation'), letters)
    .map(([type, each]) => `system/${type}.${each}`);
  const scopes = fc.array(scope, { maxLength: 4 }).map((words) => parseScopes(words.join(' ')).scopes);
  fc.assert(
    fc.property(
      scopes,
      scopes,
      fc.constantFrom('Patient', 'Observation', 'Encounter'),
      fc.constantFrom<Permission>('c', 'r', 'u', 'd', 's'),
      (asked, known, type, letter) => {
        const granted = intersectScopes(asked, known);
        assert.equal(
          allows(granted, type, letter),
          allows(asked, type, letter) && allows(known, type, letter),
        );
      },
    ),
    { numRuns: 500 },
  );
});
