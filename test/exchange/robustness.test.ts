// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { Client } from 'fhir-kit-client';
import { type Hospital, observation, openHospital, patient } from './bridge.ts';

let hospital: Hospital;
let token: string;

before(async () => {
  hospital = await openHospital({ maxBodyBytes: 100_000 });
  token = (await hospital.client()).token;
  const resources = [patient('p1'), observation('o1', 'p1')];
  await hospital.store.commit({ changes: resources.map((resource) => ({ op: 'update', resource })) });
});

after(() => hospital?.close());

const word = fc.constantFrom(
  ...[
    'Patient',
    'Observation',
    'AuditEvent',
    'Consent',
    'Nonsense',
    'patient',
    'p1',
    'o1',
    '_history',
    '_search',
    '1',
    '0',
    '-1',
    '99999999999999999999',
  ],
  ...[
    '$everything',
    '%24verify',
    '$validate',
    'metadata',
    '.well-known',
    '..',
    '',
    '%',
    '%ff',
    '%00',
    '__proto__',
    'constructor',
    'a'.repeat(70),
  ],
);
const path = fc.oneof(
  { weight: 6, arbitrary: fc.array(word, { maxLength: 5 }).map((words) => words.join('/')) },
  { weight: 1, arbitrary: fc.webPath({ size: 'small' }).map((text) => text.slice(1)) },
);
const query = fc.oneof(
  fc.constant(''),
  fc
    .array(
      fc.tuple(
        fc.constantFrom(
          '_count',
          '_sort',
          '_cursor',
          'identifier',
          'patient',
          'code:not',
          'birthdate',
          '_lastUpdated',
          'date',
          '_format',
          '__proto__',
          'receipt',
          '_type',
          '_id',
          'name',
        ),
        fc.oneof(
          fc.constantFrom('', '0', '-1', 'json', 'gt2020', 'a|b|c', '|', ',', 'Patient/p1', '\u0000', 'true'),
          fc.string({ maxLength: 12 }),
        ),
      ),
      { maxLength: 3 },
    )
    .map((pairs) => `?${new URLSearchParams(pairs)}`),
);
const resource = fc.oneof(
  fc.json(),
  fc
    .record(
      {
        resourceType: fc.constantFrom('Patient', 'Bundle', 'Observation', 'Parameters', 'Consent'),
        id: fc.constantFrom('p1', 'x', ''),
        type: fc.constantFrom('transaction', 'batch', 'x'),
        entry: fc.jsonValue(),
        parameter: fc.jsonValue(),
        subject: fc.jsonValue(),
      },
      { requiredKeys: ['resourceType'] },
    )
    .map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '',
    '{',
    'null',
    '"\\ud800"',
    '[1e400]',
    '{"resourceType":"Patient","id":{}}',
    '{"resourceType":"Bundle","type":"batch","entry":[null,1,{}]}',
    '{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"GET","url":"/"}}]}',
  ),
);
const header = fc.record(
  {
    accept: fc.constantFrom('*/*', 'application/json', 'text/html', ';;,', 'application/fhir+json;q=0'),
    prefer: fc.constantFrom('return=minimal', 'handling=strict', '=;=,', 'return'),
    'if-match': fc.constantFrom('W/"1"', 'W/"0"', '*', '"x"'),
    'if-none-match': fc.constantFrom('*', 'W/"1"', ','),
    'if-modified-since': fc.constantFrom('x', 'Sat, 21 Nov 2026 00:00:00 GMT'),
    'if-none-exist': fc.constantFrom('identifier=a|b', '?', '', 'Patient?_id=p1'),
    'content-type': fc.constantFrom(
      'application/fhir+json',
      'application/json',
      'text/plain',
      'application/x-www-form-urlencoded',
      ';',
      'application/json; charset=utf-16',
    ),
    'content-encoding': fc.constantFrom('identity', 'gzip', 'x'),
  },
  { requiredKeys: ['content-type'] },
);

test('whatever is asked, in whatever way, is answered in FHIR, and never by a failure of the bridge', {
  timeout: 90_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
      path,
      query,
      resource,
      header,
      async (method, where, asked, body, headers) => {
        const response = await fetch(`${hospital.url}/fhir/${where}${asked}`, {
          method,
          headers: { authorization: `Bearer ${token}`, ...headers },
          redirect: 'manual',
          signal: AbortSignal.timeout(10_000),
          ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
        });
        const text = await response.text();
        assert.ok(response.status < 500, `${method} ${where}${asked} ${body} answered ${response.status}`);
        // Dot segments are resolved by the client and may lead out of /fhir.
        if (response.status < 400 || text === '' || !new URL(response.url).pathname.startsWith('/fhir'))
          return;
        assert.equal(JSON.parse(text).resourceType, 'OperationOutcome', `${method} ${where} ${text}`);
      },
    ),
    { numRuns: 250 },
  );
  await hospital.http.get('/fhir/Patient/p1').set('authorization', `Bearer ${token}`);
});

test('a method that an address does not know is refused with those it does', async () => {
  const response = await hospital.http
    .patch('/fhir/Patient/p1')
    .set('authorization', `Bearer ${token}`)
    .expect(405);
  assert.equal(response.headers['allow'], 'PUT, DELETE, GET, HEAD');
});

test('the capability statement is open to all and tells what can be asked', async () => {
  const { body } = await hospital.http.get('/fhir/metadata').expect(200);
  assert.equal(body.fhirVersion, '4.0.1');
  const rest = body.rest[0];
  assert.deepEqual(
    rest.interaction.map(({ code }: { code: string }) => code),
    ['transaction', 'batch'],
  );
  const patientEntry = rest.resource.find(({ type }: { type: string }) => type === 'Patient');
  assert.ok(patientEntry.operation.some(({ name }: { name: string }) => name === 'everything'));
  assert.ok(patientEntry.searchParam.some(({ name }: { name: string }) => name === 'birthdate'));
  const valid = await hospital.http
    .post('/fhir/Patient/$validate')
    .set('authorization', `Bearer ${token}`)
    .type('json')
    .send(body);
  assert.deepEqual(
    valid.body.issue.filter((issue: { expression?: string[] }) => issue.expression),
    [],
  );
});

test('a FHIR client that others wrote finds its way', async () => {
  const client = new Client({ baseUrl: `${hospital.url}/fhir`, bearerToken: token });
  const capability = (await client.capabilityStatement()) as { fhirVersion?: string };
  assert.equal(capability.fhirVersion, '4.0.1');
  const created = (await client.create({
    resourceType: 'Patient',
    body: { resourceType: 'Patient', name: [{ family: 'Quay' }] },
  })) as unknown as { id: string; name: unknown };
  const id = created.id;
  await client.update({ resourceType: 'Patient', id, body: { ...created, gender: 'female' } as never });
  const read = (await client.read({ resourceType: 'Patient', id })) as { gender?: string };
  assert.equal(read.gender, 'female');
  let bundle = (await client.search({ resourceType: 'Patient', searchParams: { _count: '1' } })) as
    | { entry?: unknown[] }
    | undefined;
  let entries = 0;
  for (let pages = 0; bundle && pages < 50; pages++) {
    entries += bundle.entry?.length ?? 0;
    bundle = (await client.nextPage({ bundle: bundle as never })) as typeof bundle;
  }
  assert.ok(entries >= 2);
  const history = (await client.history({ resourceType: 'Patient', id })) as unknown as { entry: unknown[] };
  assert.equal(history.entry.length, 2);
  await client.delete({ resourceType: 'Patient', id });
  await assert.rejects(
    client.read({ resourceType: 'Patient', id }),
    (error: { response: { status: number } }) => error.response.status === 410,
  );
});

test('who asks too often is told when to come back', async () => {
  const busy = await openHospital({ requestsPerMinute: 3 });
  try {
    for (let n = 0; n < 3; n++) await busy.http.get('/fhir/metadata').expect(200);
    const response = await busy.http.get('/fhir/metadata').expect(429);
    assert.equal(response.body.issue[0].code, 'throttled');
    assert.ok(Number(response.headers['retry-after']) > 0);
  } finally {
    await busy.close();
  }
});
