// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { MAX_DEPTH } from '../../src/fhir/json.ts';
import { gist, type Hospital, observation, openHospital, patient } from './bridge.ts';

let hospital: Hospital;
let ehr: string;
let clinic: string;

before(async () => {
  hospital = await openHospital({ maxBodyBytes: 200_000 });
  ehr = (await hospital.client()).token;
  clinic = (await hospital.client({ participant: 'clinic' })).token;
  const resources = ['p1', 'p2'].flatMap((id) => [patient(id), observation(`o-${id}`, id)]);
  await hospital.store.commit({ changes: resources.map((resource) => ({ op: 'update', resource })) });
});

after(() => hospital?.close());

beforeEach(() => {
  hospital.consent.given = [];
});

type Method = 'get' | 'post' | 'put' | 'delete';
const ask = (method: Method, path: string, token = ehr) =>
  hospital.http[method](path).set('authorization', `Bearer ${token}`);
const send = (method: 'post' | 'put', path: string, body: unknown, token = ehr) =>
  ask(method, path, token)
    .type('application/fhir+json')
    .send(typeof body === 'string' ? body : JSON.stringify(body));

test('what the hospital creates can be read back, with every number as it was written', async () => {
  const text = JSON.stringify(observation(undefined, 'p1')).replace('13.5', '13.50');
  const created = await send('post', '/fhir/Observation', text).expect(201);
  assert.match(created.headers['location'] ?? '', /\/fhir\/Observation\/[^/]+\/_history\/1$/);
  assert.equal(created.headers['etag'], 'W/"1"');
  assert.match(created.text, /"value":13\.50\b/);
  const path = created.headers['location']!.slice(hospital.url.length).replace('/_history/1', '');
  const read = await ask('get', path).expect(200);
  assert.match(read.text, /"value":13\.50\b/);
  assert.ok(read.headers['last-modified']);
  const searched = await ask('get', `/fhir/Observation?_id=${created.body.id}`).expect(200);
  assert.match(searched.text, /"value":13\.50\b/);
});

test('each write is in the record of the patient concerned', async () => {
  const before = (await hospital.audits('p2')).length;
  const { body } = await send('post', '/fhir/Observation', observation(undefined, 'p2')).expect(201);
  await send('put', `/fhir/Observation/${body.id}`, { ...body, status: 'amended' }).expect(200);
  await ask('delete', `/fhir/Observation/${body.id}`).expect(204);
  const events = (await hospital.audits('p2')).slice(before);
  assert.deepEqual(events.map(gist), ['C create 0', 'U update 0', 'D delete 0']);
});

test('the client says how much of what it wrote comes back', async () => {
  const minimal = await send('post', '/fhir/Observation', observation(undefined, 'p1'))
    .set('prefer', 'return=minimal')
    .expect(201);
  assert.equal(minimal.text, '');
  const outcome = await send('post', '/fhir/Observation', observation(undefined, 'p1'))
    .set('prefer', 'return=OperationOutcome')
    .expect(201);
  assert.equal(outcome.body.resourceType, 'OperationOutcome');
});

test('the same patient created eight times at once is one patient', async () => {
  const { id: _, ...body } = patient('twin');
  const answers = await Promise.all(
    Array.from({ length: 8 }, () =>
      send('post', '/fhir/Patient', body).set('if-none-exist', 'identifier=urn:oid:1.2.3|mrn-twin'),
    ),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 200, 200, 201]);
  assert.equal(new Set(answers.map((answer) => answer.body.id)).size, 1);
});

test('an update of a version that is no longer the newest is refused', async () => {
  await send('put', '/fhir/Patient/versioned', patient('versioned')).expect(201);
  const changed = { ...patient('versioned'), gender: 'female' };
  await send('put', '/fhir/Patient/versioned', changed).set('if-match', 'W/"1"').expect(200);
  const late = await send('put', '/fhir/Patient/versioned', patient('versioned'))
    .set('if-match', 'W/"1"')
    .expect(412);
  assert.equal(late.body.issue[0].code, 'conflict');
  const { body } = await ask('get', '/fhir/Patient/versioned/_history').expect(200);
  assert.deepEqual(
    body.entry.map((entry: { response: { etag: string } }) => entry.response.etag),
    ['W/"2"', 'W/"1"'],
  );
  await ask('get', '/fhir/Patient/versioned/_history/1').expect(200);
});

test('a conditional update changes the one that it finds', async () => {
  await send('put', '/fhir/Patient/conditional', patient('conditional')).expect(201);
  const { id: _, ...body } = { ...patient('conditional'), gender: 'male' };
  const { body: found } = await send(
    'put',
    '/fhir/Patient?identifier=urn:oid:1.2.3|mrn-conditional',
    body,
  ).expect(200);
  assert.equal(found.id, 'conditional');
});

test('what was deleted is gone, and its versions stay', async () => {
  await send('put', '/fhir/Patient/leaving', patient('leaving')).expect(201);
  await ask('delete', '/fhir/Patient/leaving').expect(204);
  const gone = await ask('get', '/fhir/Patient/leaving').expect(410);
  assert.equal(gone.body.issue[0].code, 'deleted');
  await ask('get', '/fhir/Patient/leaving/_history/1').expect(200);
});

test('what is no FHIR is refused with the place of each mistake, and no value', async () => {
  const bad = { ...patient('secretive', 'Nightingale'), birthDate: '1980-02-31', gender: 'Nightingale' };
  const { body, text } = await send('put', '/fhir/Patient/secretive', bad);
  assert.equal(body.resourceType, 'OperationOutcome');
  assert.match(
    JSON.stringify(body.issue.map((issue: { expression?: string[] }) => issue.expression)),
    /Patient\.gender/,
  );
  assert.doesNotMatch(text, /Nightingale|1980/);
});

test('broken, bottomless, mistyped and oversized bodies get an OperationOutcome', async () => {
  const deep = `{"resourceType":"Patient","extension":${'['.repeat(MAX_DEPTH + 1)}${']'.repeat(MAX_DEPTH + 1)}}`;
  const cases: [number, string, string][] = [
    [400, '{"resourceType":"Patient",', 'application/fhir+json'],
    [400, '{"resourceType":"Patient","resourceType":"Patient"}', 'application/fhir+json'],
    [400, '[]', 'application/fhir+json'],
    [400, 'null', 'application/json'],
    [400, '', 'application/fhir+json'],
    [400, deep, 'application/fhir+json'],
    [400, '{"resourceType":"Observation"}', 'application/fhir+json'],
    [415, '<Patient/>', 'application/fhir+xml'],
    [415, '{"resourceType":"Patient"}', 'application/json; charset=latin1'],
    [413, ' '.repeat(200_001), 'application/fhir+json'],
  ];
  for (const [status, body, type] of cases) {
    const response = await ask('post', '/fhir/Patient').type(type).send(body);
    assert.ok(
      response.status === status || (status === 400 && response.status === 422),
      `${type} ${body.slice(0, 40)} ${response.status}`,
    );
    assert.equal(response.body.resourceType, 'OperationOutcome', body.slice(0, 40));
  }
});

test('what the bridge can not answer in is refused before anything is done', async () => {
  await ask('get', '/fhir/Patient/p1').set('accept', 'application/fhir+xml').expect(406);
  await ask('get', '/fhir/Patient/p1?_format=xml').expect(406);
  await ask('get', '/fhir/Patient/p1?_format=json').set('accept', 'text/html').expect(200);
  await ask('get', '/fhir/Patient/p1?_format=application/fhir+json').expect(200);
});

test('unknown search parameters are left out with a warning, or refused when the client is strict', async () => {
  const lenient = await ask('get', '/fhir/Patient?_id=p1&shoe-size=44&_include=Patient:link').expect(200);
  const last = lenient.body.entry.at(-1);
  assert.equal(last.search.mode, 'outcome');
  assert.equal(last.resource.issue.length, 2);
  const strict = await ask('get', '/fhir/Patient?_id=p1&shoe-size=44')
    .set('prefer', 'handling=strict')
    .expect(400);
  assert.equal(strict.body.issue[0].code, 'not-supported');
});

test('a search by POST finds what a search by GET finds', async () => {
  const { body } = await ask('post', '/fhir/Patient/_search').type('form').send({ _id: 'p1' }).expect(200);
  assert.deepEqual(
    body.entry.map((entry: { resource: { id: string } }) => entry.resource.id),
    ['p1'],
  );
});

test('a transaction is all or nothing', async () => {
  const entry = (resource: unknown, url: string, method = 'PUT') => ({ resource, request: { method, url } });
  const bundle = (...entries: unknown[]) => ({ resourceType: 'Bundle', type: 'transaction', entry: entries });
  const stale = {
    ...entry(observation('o-p1', 'p1'), 'Observation/o-p1'),
    request: { method: 'PUT', url: 'Observation/o-p1', ifMatch: 'W/"9"' },
  };
  await send('post', '/fhir', bundle(entry(patient('t1'), 'Patient/t1'), stale)).expect(412);
  await ask('get', '/fhir/Patient/t1').expect(404);
  const { body } = await send(
    'post',
    '/fhir',
    bundle(
      { request: { method: 'GET', url: 'Patient?_id=t1' } },
      entry(observation('t1-o', 't1'), 'Observation/t1-o'),
      entry(patient('t1'), 'Patient/t1'),
    ),
  ).expect(200);
  assert.equal(body.type, 'transaction-response');
  assert.deepEqual(
    body.entry.map((each: { response: { status: string } }) => each.response.status.slice(0, 3)),
    ['200', '201', '201'],
  );
  assert.equal(body.entry[0].resource.entry[0].resource.id, 't1');
});

test('entries of a transaction that name each other by urn:uuid meet in the store', async () => {
  const urn = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0';
  const { id: _, ...newcomer } = patient('newcomer');
  const result = { ...observation(undefined, 'x'), subject: { reference: urn } };
  const entries = [
    {
      fullUrl: 'urn:uuid:5f0f3b5a-6f0a-4a0e-9b0a-111111111111',
      resource: result,
      request: { method: 'POST', url: 'Observation' },
    },
    { fullUrl: urn, resource: newcomer, request: { method: 'POST', url: 'Patient' } },
  ];
  const { body } = await send('post', '/fhir', {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: entries,
  })
    .set('prefer', 'return=representation')
    .expect(200);
  assert.equal(body.entry[0].resource.subject.reference, `Patient/${body.entry[1].resource.id}`);
});

test('in a batch each entry stands for itself', async () => {
  const { body } = await send('post', '/fhir', {
    resourceType: 'Bundle',
    type: 'batch',
    entry: [
      { request: { method: 'GET', url: 'Patient/p1' } },
      { request: { method: 'GET', url: 'Patient/nobody' } },
      { resource: { ...patient('b1'), gender: 'odd' }, request: { method: 'PUT', url: 'Patient/b1' } },
      { resource: patient('b2'), request: { method: 'PUT', url: 'Patient/b2' } },
      { request: { method: 'PATCH', url: 'Patient/p1' } },
    ],
  }).expect(200);
  assert.deepEqual(
    body.entry.map((each: { response: { status: string } }) => each.response.status.slice(0, 1)),
    ['2', '4', '4', '2', '4'],
  );
  assert.equal(body.entry[0].resource.id, 'p1');
  assert.equal(body.entry[1].response.outcome.resourceType, 'OperationOutcome');
});

test('another organization writes only what the patient lets it correct', async () => {
  const result = observation(undefined, 'p1');
  await send('post', '/fhir/Observation', result, clinic).expect(403);
  await send('put', '/fhir/Observation/o-p1', observation('o-p1', 'p1', 'new'), clinic).expect(404);
  hospital.consent.given = [{ patient: 'p1', to: 'clinic' }];
  await send('post', '/fhir/Observation', result, clinic).expect(403);
  hospital.consent.given = [{ patient: 'p1', to: 'clinic', correct: true }];
  await send('post', '/fhir/Observation', result, clinic).expect(201);
  await send('put', '/fhir/Observation/o-p1', observation('o-p1', 'p1', 'new'), clinic).expect(200);
  assert.ok((await hospital.audits('p1')).map(gist).includes('U update 4'));
});

test("a record of another patient can not be taken over by calling it one's own", async () => {
  hospital.consent.given = [{ patient: 'p1', to: 'clinic', correct: true }];
  const theirs = await send('put', '/fhir/Observation/o-p2', observation('o-p2', 'p1'), clinic).expect(404);
  const absent = await send('put', '/fhir/Observation/absent', observation('absent', 'p1'), clinic).expect(
    404,
  );
  assert.equal(theirs.text, absent.text);
  await ask('delete', '/fhir/Observation/o-p2', clinic).expect(404);
  assert.match((await hospital.store.read('Observation', 'o-p2'))?.canonical ?? '', /Patient\/p2/);
});

test('other organizations learn nothing by conditions, and write no directory', async () => {
  hospital.consent.given = [{ patient: 'p1', to: 'clinic', correct: true }];
  const create = (condition: string) =>
    send('post', '/fhir/Patient', patient('x'), clinic).set('if-none-exist', condition);
  const [met, unmet] = [await create('identifier=mrn-p2'), await create('identifier=none')];
  assert.equal(met.status, 403);
  assert.equal(met.text, unmet.text);
  const guess = (subject: string) =>
    send(
      'post',
      '/fhir/Observation',
      { ...observation(undefined, 'p1'), performer: [{ reference: subject }] },
      clinic,
    );
  assert.equal(
    (await guess('Patient?identifier=mrn-p2')).text,
    (await guess('Patient?identifier=none')).text,
  );
  await send('post', '/fhir/Organization', { resourceType: 'Organization', name: 'Ours now' }, clinic).expect(
    403,
  );
});

test("AuditEvents are the bridge's own, and Consents the ledger's first", async () => {
  const [event] = await hospital.audits('p1');
  await send('put', `/fhir/AuditEvent/${event!.id}`, event).expect(403);
  await ask('delete', `/fhir/AuditEvent/${event!.id}`).expect(403);
  const consent = {
    resourceType: 'Consent',
    id: 'c1',
    status: 'active',
    scope: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }],
    },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: { reference: 'Patient/p1' },
    policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTIN' }] },
    provision: { type: 'permit' },
  };
  await send('put', '/fhir/Consent/c1', consent, clinic).expect(403);
  assert.equal(hospital.consent.accepted.length, 0);
  await send('put', '/fhir/Consent/c1', consent).expect(201);
  const { body } = await send('post', '/fhir/Consent', consent).expect(201);
  assert.deepEqual(
    hospital.consent.accepted.map(({ id }) => id),
    ['c1', body.id],
  );
  await ask('delete', '/fhir/Consent/c1').expect(405);
  const entry = [{ resource: consent, request: { method: 'PUT', url: 'Consent/c1' } }];
  await send('post', '/fhir', { resourceType: 'Bundle', type: 'transaction', entry }).expect(422);
});

test('a client without the letter in its scope changes nothing', async () => {
  const { token } = await hospital.client({ scope: 'system/*.rs' });
  await send('post', '/fhir/Patient', patient('n'), token).expect(403);
  await ask('delete', '/fhir/Patient/p1', token).expect(403);
  const entry = [{ resource: patient('n'), request: { method: 'PUT', url: 'Patient/n' } }];
  await send('post', '/fhir', { resourceType: 'Bundle', type: 'transaction', entry }, token).expect(403);
});

test('$validate says what create would say, and creates nothing', async () => {
  const fine = await send('post', '/fhir/Patient/$validate', patient('v')).expect(200);
  assert.deepEqual(
    fine.body.issue.map((issue: { severity: string }) => issue.severity),
    ['information'],
  );
  const parameters = {
    resourceType: 'Parameters',
    parameter: [{ name: 'resource', resource: { ...patient('v'), gender: 'x' } }],
  };
  const wrong = await send('post', '/fhir/Patient/$validate', parameters).expect(200);
  assert.equal(wrong.body.issue[0].severity, 'error');
  await ask('get', '/fhir/Patient/v').expect(404);
});
