// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import express, { type RequestHandler } from 'express';
import request from 'supertest';
import { hl7Router } from '../../../src/ingest/http.ts';
import { type Bench, bench, code, message, normalizer } from './support.ts';

const open: RequestHandler = (_request, _response, next) => next();

async function app(desk: Bench, authorize = open) {
  const inbox = await desk.open();
  const options = { receive: inbox.receive, normalizer, authorize, maxMessageBytes: 10_000 };
  return { inbox, app: express().use(hl7Router(options)) };
}

const post = (to: express.Express, path: string, body: Buffer | string, type = 'application/hl7-v2') =>
  request(to).post(path).set('content-type', type).buffer(true).parse(bytes).send(body);

const bytes = (response: request.Response, done: (error: Error | null, body: Buffer) => void) => {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('end', () => done(null, Buffer.concat(chunks)));
};

for (const type of [
  'application/hl7-v2',
  'application/edi-hl7',
  'text/plain',
  'x-application/hl7-v2+er7; charset=utf-8',
]) {
  test(`a message posted as ${type} is answered with its acknowledgment`, async (t) => {
    const { app: to } = await app(await bench(t));
    const response = await post(to, '/hl7v2', message(), type);
    assert.equal(response.status, 200);
    assert.match(response.headers['content-type']!, /^application\/hl7-v2/);
    assert.equal(code(response.body as Buffer), 'AA');
  });
}

test('a refused message is answered 200 with its AR: HTTP has done its part', async (t) => {
  const { app: to } = await app(await bench(t));
  const response = await post(to, '/hl7v2', message({ control: '' }));
  assert.equal(response.status, 200);
  assert.equal(code(response.body as Buffer), 'AR');
});

test('in enhanced mode the response is the application acknowledgment when one is wanted', async (t) => {
  const { app: to } = await app(await bench(t));
  assert.equal(code((await post(to, '/hl7v2', message({ modes: 'AL|AL' }))).body as Buffer), 'AA');
  assert.equal(
    code((await post(to, '/hl7v2', message({ control: 'C2', modes: 'AL|NE' }))).body as Buffer),
    'CA',
  );
  assert.equal((await post(to, '/hl7v2', message({ control: 'C3', modes: 'NE|NE' }))).status, 204);
});

test('other types, too much, nothing and other methods are refused with an OperationOutcome', async (t) => {
  const { inbox, app: to } = await app(await bench(t));
  const outcomes = [
    [415, await post(to, '/hl7v2', '{}', 'application/json')],
    [413, await post(to, '/hl7v2', Buffer.alloc(10_001, 'x'))],
    [400, await post(to, '/hl7v2', '')],
    [405, await request(to).get('/hl7v2').buffer(true).parse(bytes)],
    [404, await post(to, '/hl7v2/$other', message())],
  ] as const;
  for (const [status, response] of outcomes) {
    assert.equal(response.status, status);
    assert.equal(JSON.parse(String(response.body)).resourceType, 'OperationOutcome');
  }
  assert.equal(inbox.stats().kept, 0);
});

test('nothing is read from who is not let in', async (t) => {
  const desk = await bench(t);
  const { inbox, app: to } = await app(desk, (_request, response) => {
    response.status(401).end();
  });
  for (const path of ['/hl7v2', '/hl7v2/$convert', '/hl7v2/%24convert']) {
    assert.equal((await post(to, path, message())).status, 401);
  }
  assert.equal(inbox.stats().kept, 0);
});

test('a dry run answers the Bundle, and on demand its origins, and keeps nothing', async (t) => {
  const { inbox, app: to } = await app(await bench(t));
  const plain = await post(to, '/hl7v2/$convert', message());
  assert.match(plain.headers['content-type']!, /^application\/fhir\+json/);
  assert.equal(JSON.parse(String(plain.body)).resourceType, 'Bundle');
  const why = JSON.parse(String((await post(to, '/hl7v2/%24convert?explain=true', message())).body));
  assert.equal(why.resourceType, 'Parameters');
  const names = why.parameter.map(({ name }: { name: string }) => name);
  assert.deepEqual(names, ['bundle', 'report', 'origin', 'unmapped']);
  assert.deepEqual((await inbox.summary()).status, { received: 0, processed: 0, dead: 0 });
});

test('a dry run answers the report alone when the client prefers an OperationOutcome', async (t) => {
  const { app: to } = await app(await bench(t));
  const asked = post(to, '/hl7v2/$convert', message()).set('prefer', 'return=OperationOutcome');
  const { resourceType, issue } = JSON.parse(String((await asked).body));
  assert.deepEqual([resourceType, issue[0].expression], ['OperationOutcome', ['ZZZ-1']]);
});

test('a dry run of what cannot be converted names the place', async (t) => {
  const { app: to } = await app(await bench(t));
  const response = await post(to, '/hl7v2/$convert', message({ birth: 'never' }));
  assert.equal(response.status, 422);
  const { issue } = JSON.parse(String(response.body));
  assert.match(issue[0].diagnostics, /^PID-7: /);
  assert.doesNotMatch(issue[0].diagnostics, /never/);
});
