// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import express from 'express';
import request from 'supertest';
import { operatorInboxRoutes, operatorMessageRoutes } from '../../../src/ingest/inbox.ts';
import { operatorRouter } from '../../../src/operate/operator.ts';
import { StoreError } from '../../../src/store/errors.ts';
import { bench, message, normalizer, VIA } from './support.ts';

async function operator(t: TestContext) {
  const desk = await bench(t);
  const inbox = await desk.open();
  const folder = await mkdtemp(join(tmpdir(), 'mooring-operator-'));
  t.after(() => rm(folder, { recursive: true }));
  const routes = [
    operatorInboxRoutes(inbox),
    operatorMessageRoutes({ ...inbox, normalizer, maxMessageBytes: 5_000 }),
  ];
  const app = express().use('/operator', await operatorRouter(folder, routes, desk.logger));
  const token = `Bearer ${(await readFile(join(folder, 'operator.token'), 'utf8')).trim()}`;
  const get = (path: string) => request(app).get(`/operator${path}`).set('authorization', token);
  const post = (path: string, body: Buffer | string, type = 'application/hl7-v2') =>
    request(app).post(`/operator${path}`).set({ authorization: token, 'content-type': type }).send(body);
  return { desk, inbox, app, get, post };
}

const parsed = (response: request.Response) => JSON.parse(response.text || String(response.body));

for (const [prefer, answered] of [
  ['return=OperationOutcome', 'OperationOutcome'],
  ['respond-async; wait=10, Return = "OperationOutcome"; as=json', 'OperationOutcome'],
  ['explain', 'Parameters'],
  ['return=OperationOutcome, explain', 'Parameters'],
  ['return=minimal, return=OperationOutcome', 'Bundle'],
  ['note="a, return=OperationOutcome"', 'Bundle'],
  ['return=operationoutcome', 'Bundle'],
  ['explain=no', 'Bundle'],
  ['=;,"', 'Bundle'],
] as const) {
  test(`a dry run that is asked for with Prefer: ${prefer} is answered with a ${answered}`, async (t) => {
    const { inbox, post } = await operator(t);
    const response = await post('/convert', message()).set('prefer', prefer).buffer(true);
    assert.equal(response.status, 200);
    assert.match(response.headers['content-type']!, /^application\/fhir\+json/);
    assert.equal(parsed(response).resourceType, answered);
    assert.deepEqual((await inbox.summary()).status, { received: 0, processed: 0, dead: 0 });
  });
}

test('an explanation has the Bundle, the report, and the field and row of each element', async (t) => {
  const { post } = await operator(t);
  const { parameter } = parsed(await post('/convert?explain', message()).buffer(true));
  const [bundle, report, origin, unmapped] = parameter;
  assert.equal(bundle.resource.resourceType, 'Bundle');
  assert.deepEqual(report.resource.issue[0].expression, ['ZZZ-1']);
  assert.equal(origin.name, 'origin');
  assert.deepEqual(origin.part.map((part: { valueString: string }) => part.valueString).slice(1), [
    'Patient.name',
    'PID-5',
    'segments/PID 5',
  ]);
  assert.deepEqual(unmapped, { name: 'unmapped', part: [{ name: 'field', valueString: 'ZZZ-1.1' }] });
});

test('a dry run of what cannot be converted names the place, and too much or nothing is refused', async (t) => {
  const { post } = await operator(t);
  const refused = await post('/convert', message({ birth: 'never' }));
  assert.equal(refused.status, 422);
  assert.match(refused.body.error, /^error 102 at PID-7: /);
  assert.doesNotMatch(refused.text, /never|Quillfeather/);
  for (const path of ['/convert', '/explained']) {
    assert.equal((await post(path, Buffer.alloc(5_001, 'x'))).status, 413);
    assert.equal((await post(path, '')).status, 400);
    assert.equal((await post(path, '{}', 'application/json')).status, 400);
  }
});

test('the latest messages are listed, the newest first and page by page, without their content', async (t) => {
  const { inbox, get } = await operator(t);
  for (const control of ['A', 'B', 'C']) await inbox.receive(message({ control }), VIA);
  await inbox.receive(message({ control: 'D', birth: 'never' }), VIA);
  await inbox.settled();
  const first = await get('/inbox/messages?limit=3');
  const { messages } = first.body;
  assert.deepEqual(
    messages.map(({ status }: { status: string }) => status),
    ['dead', 'processed', 'processed'],
  );
  assert.deepEqual([messages[1].transport, messages[1].warnings, messages[1].kept], ['mllp', 0, 1]);
  const rest = await get(`/inbox/messages?after=${messages[2].arrival}`);
  assert.equal(rest.body.messages.length, 1);
  assert.ok(Number(rest.body.messages[0].arrival) < Number(messages[2].arrival));
  assert.doesNotMatch(first.text, /Quillfeather/);
  assert.equal((await get('/inbox/messages?limit=many')).status, 400);
});

test('a kept message is shown with its segments and what it becomes, and that somebody looked is audited first', async (t) => {
  const { desk, inbox, get } = await operator(t);
  await inbox.receive(message(), VIA);
  await inbox.settled();
  const [{ id }] = (await get('/inbox/messages')).body.messages;
  const audits = desk.store.audits.length;
  desk.store.before = () => Promise.reject(new StoreError('CLOSED', 'away'));
  assert.equal((await get(`/inbox/${id}/explained`)).status, 500);
  desk.store.before = async () => {};
  const shown = await get(`/inbox/${id}/explained`);
  assert.equal(shown.status, 200);
  const { text, segments, delimiters } = shown.body.message;
  assert.deepEqual(
    segments.map(({ segment, from, to }: { segment: string; from: number; to: number }) => [
      segment,
      text.slice(from, to),
    ]),
    message()
      .toString()
      .trim()
      .split('\r')
      .map((line) => [line.slice(0, 3), line]),
  );
  assert.equal(delimiters.component, '^');
  assert.equal(shown.body.explained.resourceType, 'Parameters');
  assert.equal(desk.store.audits.length, audits + 1);
  assert.match(JSON.stringify(desk.store.audits.at(-1)), new RegExp(`"inbox-message".*${id}`));
  assert.equal((await get('/inbox/no-such/explained')).status, 404);
});

test('a message that cannot be converted is shown all the same, with what is wrong and where', async (t) => {
  const { inbox, get, post } = await operator(t);
  await inbox.receive(message({ birth: 'never' }), VIA);
  const [{ id }] = (await get('/inbox/messages')).body.messages;
  const { body } = await get(`/inbox/${id}/explained`);
  assert.deepEqual([body.problem.code, body.problem.place, body.explained], ['102', 'PID-7', undefined]);
  assert.equal(body.message.segments.length, 3);
  const { body: none } = await post('/explained', 'no message at all');
  assert.deepEqual([none.problem.code, none.message], ['100', undefined]);
});

test('a message that is pasted keeps its characters, whatever character set it names', async (t) => {
  const { post } = await operator(t);
  const named = message({ name: 'Źdźbło^Łucja' }).toString().replace('2.5.1|||', '2.5.1||||||ISO IR87');
  const pasted = await post('/explained', named.replaceAll('\r', '\n'), 'text/plain; charset=utf-8');
  assert.match(pasted.body.message.text, /Źdźbło\^Łucja/);
  assert.match(JSON.stringify(pasted.body.explained), /Źdźbło/);
});

test('without the operator’s token nothing is listed, shown or converted', async (t) => {
  const { desk, app, inbox } = await operator(t);
  await inbox.receive(message(), VIA);
  await inbox.settled();
  const audits = desk.store.audits.length;
  for (const path of ['/inbox/messages', '/inbox/any/explained'])
    assert.equal((await request(app).get(`/operator${path}`)).status, 401);
  for (const path of ['/convert', '/explained']) {
    const asked = request(app).post(`/operator${path}`).set('authorization', 'Bearer wrong');
    assert.equal((await asked.send(message().toString())).status, 401);
  }
  assert.equal(desk.store.audits.length, audits);
});
