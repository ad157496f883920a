// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseJson, printJson } from '../../src/fhir/json.ts';
import { FhirError } from '../../src/fhir/outcome.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { changeResponse, readBundle } from '../../src/ingest/fhir-transaction.ts';
import type { ChangeResult, Stored } from '../../src/store/store.ts';
import { fhirError } from '../fhir/expect.ts';

const BASE = 'https://us.example/fhir';
const bundle = (type: string, ...entry: object[]): Resource => ({ resourceType: 'Bundle', type, entry });
const patient = (id?: string): Resource => ({ resourceType: 'Patient', ...(id ? { id } : {}), active: true });
const put = (id: string, more: object = {}) => ({
  resource: patient(id),
  request: { method: 'PUT', url: `Patient/${id}`, ...more },
});
const post = (more: object = {}) => ({
  resource: patient(),
  request: { method: 'POST', url: 'Patient', ...more },
});
const get = (url: string) => ({ request: { method: 'GET', url } });

describe('a FHIR transaction', () => {
  test('is processed deletes first, then creates, updates and reads, whatever the order of its entries', () => {
    const { mode, entries } = readBundle(
      bundle(
        'transaction',
        get('Patient/1'),
        put('2'),
        post(),
        { request: { method: 'DELETE', url: 'Patient/3' } },
        put('4'),
      ),
    );
    assert.equal(mode, 'transaction');
    assert.deepEqual(
      entries.map((step) => [step.index, step.kind === 'change' ? step.change.op : step.kind]),
      [
        [3, 'delete'],
        [2, 'create'],
        [1, 'update'],
        [4, 'update'],
        [0, 'read'],
      ],
    );
  });

  test('carries conditions: If-None-Exist, If-Match and conditional update', () => {
    const { entries } = readBundle(
      bundle(
        'transaction',
        { fullUrl: 'urn:uuid:a', ...post({ ifNoneExist: 'identifier=urn:oid:1|7' }) },
        put('2', { ifMatch: 'W/"3"' }),
        { resource: patient(), request: { method: 'PUT', url: 'Patient?identifier=urn:oid:1|8' } },
      ),
    );
    const where = (value: string) => [
      { kind: 'token', anyOf: [`identifier|urn:oid:1|${value}`], negated: false },
    ];
    const [create, update, conditional] = entries.map((step) => step.kind === 'change' && step.change);
    assert.ok(create && create.op === 'create' && create.fullUrl === 'urn:uuid:a');
    assert.deepEqual(create.ifNoneExist?.where, where('7'));
    assert.ok(update && update.op === 'update' && update.ifMatch === 3 && update.where === undefined);
    assert.ok(conditional && conditional.op === 'update');
    assert.deepEqual(conditional.where?.where, where('8'));
  });

  test('lets the server choose the id of what it creates, and leaves the Bundle as it came', () => {
    const sent = bundle('transaction', {
      resource: patient('mine'),
      request: { method: 'POST', url: 'Patient' },
    });
    const [step] = readBundle(sent).entries;
    assert.ok(step?.kind === 'change' && step.change.op === 'create');
    assert.equal(step.change.resource.id, undefined);
    assert.deepEqual(
      sent,
      bundle('transaction', { resource: patient('mine'), request: { method: 'POST', url: 'Patient' } }),
    );
  });

  test('understands relative references between entries by the base of their fullUrl', () => {
    const { entries } = readBundle(
      bundle(
        'transaction',
        { fullUrl: 'http://them.example/Patient/1', ...post() },
        {
          fullUrl: 'http://them.example/Observation/2',
          resource: {
            resourceType: 'Observation',
            subject: { reference: 'Patient/1' },
            focus: [{ reference: 'Patient/2' }],
          },
          request: { method: 'POST', url: 'Observation' },
        },
      ),
    );
    const step = entries[1];
    assert.ok(step?.kind === 'change' && step.change.op === 'create');
    assert.deepEqual(step.change.resource['subject'], { reference: 'http://them.example/Patient/1' });
    assert.deepEqual(step.change.resource['focus'], [{ reference: 'Patient/2' }]);
  });

  test('keeps the literals of numbers', () => {
    const sent = parseJson(
      '{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Observation","valueQuantity":{"value":1.50}},"request":{"method":"POST","url":"Observation"}}]}',
    ) as Resource;
    const [step] = readBundle(sent).entries;
    assert.ok(step?.kind === 'change' && step.change.op === 'create');
    assert.equal(printJson(step.change.resource['valueQuantity']), '{"value":1.50}');
  });

  test('reads and searches, also by our own absolute URLs', () => {
    const { entries } = readBundle(
      bundle(
        'transaction',
        get(`${BASE}/Patient/1/_history/2`),
        get('Observation?code=a&_count=5'),
        get('Patient'),
      ),
      BASE,
    );
    assert.deepEqual(entries, [
      { index: 0, kind: 'read', type: 'Patient', id: '1', version: 2 },
      {
        index: 1,
        kind: 'search',
        type: 'Observation',
        params: [
          ['code', 'a'],
          ['_count', '5'],
        ],
      },
      { index: 2, kind: 'search', type: 'Patient', params: [] },
    ]);
  });

  for (const [what, entry, code, element] of [
    ['no request', { resource: patient() }, 'required', 'request'],
    ['no url', { request: { method: 'GET' } }, 'required', 'request.url'],
    ['a foreign url', get('https://them.example/fhir/Patient/1'), 'not-supported', 'request.url'],
    ['an operation', get('Patient/1/$everything'), 'not-supported', 'request.url'],
    [
      'a patch',
      { ...put('1'), request: { method: 'PATCH', url: 'Patient/1' } },
      'not-supported',
      'request.method',
    ],
    [
      'a create with an id',
      { ...post(), request: { method: 'POST', url: 'Patient/1' } },
      'value',
      'request.url',
    ],
    [
      'another type',
      { ...post(), request: { method: 'POST', url: 'Observation' } },
      'value',
      'resource.resourceType',
    ],
    ['another id', { ...put('1'), resource: patient('2') }, 'value', 'resource.id'],
    ['no resource', { request: { method: 'PUT', url: 'Patient/1' } }, 'required', 'resource'],
    ['a wrong ETag', put('1', { ifMatch: '3' }), 'value', 'request.ifMatch'],
    ['an empty condition', post({ ifNoneExist: '' }), 'required', 'request.ifNoneExist'],
    ['an unknown condition', post({ ifNoneExist: 'shoe=4' }), 'not-supported', 'request.ifNoneExist'],
    ['a wrong condition', post({ ifNoneExist: 'birthdate=x' }), 'value', 'request.ifNoneExist'],
    [
      'an update of all',
      { resource: patient(), request: { method: 'PUT', url: 'Patient' } },
      'required',
      'request.url',
    ],
    [
      'a delete of all',
      { request: { method: 'DELETE', url: 'Patient?active=true' } },
      'not-supported',
      'request.url',
    ],
  ] as const) {
    test(`with ${what} is refused, and the place is named`, () => {
      const expression = `Bundle.entry[1].${element}`;
      assert.throws(
        () => readBundle(bundle('transaction', post(), entry), BASE),
        fhirError(400, code, expression),
      );
    });
    test(`as a batch with ${what} refuses that entry alone`, () => {
      const { entries } = readBundle(bundle('batch', post(), entry), BASE);
      assert.equal(entries[0]?.kind, 'change');
      assert.ok(entries[1]?.kind === 'refused' && fhirError(400, code)(entries[1].error));
    });
  }

  test('that changes one resource twice is refused', () => {
    assert.throws(
      () => readBundle(bundle('transaction', put('1'), { request: { method: 'DELETE', url: 'Patient/1' } })),
      fhirError(400, 'invariant'),
    );
  });

  test('must be a transaction or batch of bounded size', () => {
    assert.throws(() => readBundle(bundle('document')), fhirError(400, 'value', 'Bundle.type'));
    assert.throws(() => readBundle(patient()), fhirError(400, 'value'));
    assert.throws(
      () => readBundle(bundle('batch', ...Array.from({ length: 5001 }, () => post()))),
      fhirError(400, 'too-long'),
    );
    assert.deepEqual(readBundle({ resourceType: 'Bundle', type: 'batch' }).entries, []);
  });

  test('of any JSON is read or refused with 400', () => {
    const piece = fc.jsonValue({ maxDepth: 3 });
    const request = fc.record(
      {
        method: fc.oneof(fc.constantFrom('GET', 'PUT', 'POST', 'DELETE'), piece),
        url: fc.oneof(fc.constantFrom('Patient', 'Patient/1', 'Patient?name=x'), fc.webUrl(), piece),
        ifMatch: piece,
        ifNoneExist: piece,
      },
      { requiredKeys: [] },
    );
    const resource = fc.oneof(piece, fc.constant(patient('1')));
    const entry = fc.oneof(
      piece,
      fc.record(
        { resource, request, fullUrl: fc.oneof(piece, fc.constant('http://a/Patient/1')) },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('transaction', 'batch'),
        fc.oneof(piece, fc.array(entry)),
        (type, entries) => {
          try {
            readBundle({ resourceType: 'Bundle', type, entry: entries } as Resource);
          } catch (error) {
            assert.ok(error instanceof FhirError && error.status === 400, String(error));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the response to a change', () => {
  const stored = { type: 'Patient', id: 'p1', version: 2, updated: '2024-01-01T00:00:00.000Z' } as Stored;
  const response = (outcome: ChangeResult['outcome']) => changeResponse({ outcome, stored });

  test('says what happened, where the version is, and its ETag', () => {
    assert.deepEqual(response('created'), {
      status: '201 Created',
      location: 'Patient/p1/_history/2',
      etag: 'W/"2"',
      lastModified: '2024-01-01T00:00:00.000Z',
    });
    assert.equal(response('updated')['status'], '200 OK');
    assert.equal(response('unchanged')['status'], '200 OK');
    assert.deepEqual(response('deleted'), {
      status: '204 No Content',
      etag: 'W/"2"',
      lastModified: '2024-01-01T00:00:00.000Z',
    });
  });
});
