// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { sql } from '../../src/store/sql/database.ts';
import { gist, type Hospital, nextOf, observation, openHospital, type PageBody, patient } from './bridge.ts';

let hospital: Hospital;
let ehr: string;
let clinic: string;

before(async () => {
  hospital = await openHospital();
  ehr = (await hospital.client()).token;
  clinic = (await hospital.client({ participant: 'clinic' })).token;
  const resources = ['p1', 'p2'].flatMap((id) => [
    patient(id),
    observation(`o-${id}`, id),
    observation(`q-${id}`, id),
  ]);
  await hospital.store.commit({ changes: resources.map((resource) => ({ op: 'update', resource })) });
});

after(() => hospital?.close());

beforeEach(() => {
  hospital.consent.given = [];
  hospital.consent.fresh = true;
});

const get = (path: string, token = clinic) => hospital.http.get(path).set('authorization', `Bearer ${token}`);

/** Everything of an answer but what differs each time anyway. */
function likeness(response: { status: number; headers: Record<string, string>; text: string }) {
  const { date: _, 'x-request-id': __, ratelimit: ___, ...headers } = response.headers;
  return { status: response.status, headers, text: response.text };
}

test('what a caller may not see answers to the letter like what does not exist, whichever way it is asked for', async () => {
  const ways: ((id: string) => string)[] = [
    (id) => `/fhir/Patient/${id}`,
    (id) => `/fhir/Patient/${id}/_history/1`,
    (id) => `/fhir/Patient/${id}/_history`,
    (id) => `/fhir/Patient/${id}/$everything`,
    (id) => `/fhir/Patient/${id}/$verify`,
    (id) => `/fhir/Patient/${id}/$verify?receipt=true`,
    (id) => `/fhir/Patient/${id}/_history/1/$verify`,
  ];
  for (const way of ways) {
    const [denied, absent] = [await get(way('p1')), await get(way('nobody'))];
    assert.equal(denied.status, 404, way('p1'));
    assert.deepEqual(likeness(denied), likeness(absent), way('p1'));
  }
  const tagged = await get('/fhir/Patient/p1').set('if-none-match', 'W/"1"');
  assert.deepEqual(
    likeness(tagged),
    likeness(await get('/fhir/Patient/nobody').set('if-none-match', 'W/"1"')),
  );
});

test('searches that name what may not be seen find what searches for nothing find', async () => {
  const pairs = [
    ['/fhir/Patient?_id=p1', '/fhir/Patient?_id=nobody'],
    ['/fhir/Observation?patient=p1', '/fhir/Observation?patient=nobody'],
    ['/fhir/Patient?identifier=mrn-p1', '/fhir/Patient?identifier=mrn-no'],
  ] as const;
  for (const [denied, absent] of pairs) {
    const [one, other] = [(await get(denied)).body, (await get(absent)).body];
    assert.equal(one.total, undefined);
    assert.deepEqual({ ...one, link: [] }, { ...other, link: [] });
    assert.deepEqual(
      one.link.map((link: { relation: string }) => link.relation),
      ['self'],
    );
  }
});

test('a denial is in the record of the patient concerned, be it of a read or a search', async () => {
  const before = (await hospital.audits('p2')).length;
  await get('/fhir/Observation/o-p2');
  await get('/fhir/Observation?patient=p2');
  const events = (await hospital.audits('p2')).slice(before);
  assert.deepEqual(events.map(gist), ['R read 4', 'R search-type 4']);
  assert.match(JSON.stringify(events[0]), /"value":"clinic"/);
});

test('with consent the record comes as it is stored, and the disclosure is recorded with its consent', async () => {
  hospital.consent.given = [{ patient: 'p1', to: 'clinic' }];
  const before = (await hospital.audits('p1')).length;
  const response = await get('/fhir/Observation/o-p1').expect(200);
  const stored = await hospital.store.read('Observation', 'o-p1');
  assert.equal(response.text, stored?.canonical);
  assert.equal(response.headers['etag'], 'W/"1"');
  const [event] = (await hospital.audits('p1')).slice(before);
  assert.equal(gist(event!), 'R read 0');
  assert.match(String(event?.['outcomeDesc']), /consent-of-p1/);
});

test('consent that ends is felt at the very next request, also by a page link', async () => {
  hospital.consent.given = [{ patient: 'p1', to: 'clinic' }];
  const first = await get('/fhir/Observation?patient=p1&_count=1').expect(200);
  const next: string = first.body.link.find((link: { relation: string }) => link.relation === 'next').url;
  hospital.consent.given = [];
  const second = await get(next.slice(hospital.url.length)).expect(200);
  assert.equal(second.body.entry, undefined);
  await get('/fhir/Observation/o-p1').expect(404);
});

test('no byte leaves before the AuditEvent is durable', async () => {
  hospital.consent.given = [{ patient: 'p1', to: 'clinic' }];
  let release = () => {};
  hospital.held.hold = new Promise((done) => {
    release = done;
  });
  const held = new Promise<void>((done) => {
    hospital.held.onHeld = done;
  });
  let answered = false;
  const response = get('/fhir/Observation/o-p1').then((answer) => {
    answered = true;
    return answer;
  });
  await held;
  await get('/fhir/metadata').expect(200);
  assert.equal(answered, false);
  hospital.held.hold = undefined;
  release();
  assert.equal((await response).status, 200);
});

test('when the AuditEvent can not be kept, nothing is shown', async () => {
  hospital.consent.given = [{ patient: 'p1', to: 'clinic' }];
  hospital.held.failure = new Error('disk full of Harbour');
  try {
    for (const path of [
      '/fhir/Observation/o-p1',
      '/fhir/Observation?patient=p1',
      '/fhir/Patient/p1/$everything',
    ]) {
      const response = await get(path).expect(500);
      assert.equal(response.body.resourceType, 'OperationOutcome');
      assert.doesNotMatch(response.text, /718-7|Harbour/);
    }
  } finally {
    hospital.held.failure = undefined;
  }
  assert.doesNotMatch(hospital.log.join('\n'), /Harbour/);
});

test('without evidence there is no answer: 503 and when to try again', async () => {
  hospital.consent.fresh = false;
  for (const path of ['/fhir/Observation/o-p1', '/fhir/Observation', '/fhir/Patient/p1/$everything']) {
    const response = await get(path).expect(503);
    assert.equal(response.headers['retry-after'], '1');
    assert.equal(response.body.issue[0].code, 'transient');
  }
});

test('masked elements are gone, the narrative with them, and the copy says so', async () => {
  hospital.consent.given = [{ patient: 'p1', to: 'clinic', mask: ['birthDate', 'name'] }];
  const { body } = await get('/fhir/Patient/p1').expect(200);
  assert.equal(body.birthDate, undefined);
  assert.equal(body.name, undefined);
  assert.equal(body.identifier[0].value, 'mrn-p1');
  assert.deepEqual(
    body.meta.security.map((label: { code: string }) => label.code),
    ['MASKED'],
  );
  assert.deepEqual(
    body.meta.tag.map((tag: { code: string }) => tag.code),
    ['SUBSETTED'],
  );
  await get('/fhir/Patient/p1/$verify').expect(200);
  await get('/fhir/Patient/p1/$verify?receipt=true').expect(403);
});

test('what is masked can not be guessed by searching for it', async () => {
  hospital.consent.given = [{ patient: 'p1', to: 'clinic', mask: ['birthDate', 'effective[x]'] }];
  const count = async (query: string, token = clinic) =>
    ((await get(`/fhir/${query}`, token).expect(200)).body.entry ?? []).length;
  assert.equal(await count('Patient?_id=p1'), 1);
  assert.equal(await count('Patient?_id=p1&birthdate=1980-03-01', ehr), 1);
  assert.equal(await count('Patient?_id=p1&birthdate=1980-03-01'), 0);
  assert.equal(await count('Patient?_id=p1&birthdate=1981-03-01'), 0);
  assert.equal(await count('Observation?_id=o-p1&date=2026-03-01', ehr), 1);
  assert.equal(await count('Observation?_id=o-p1&date=2026-03-01'), 0);
  assert.equal(await count('Observation?_id=o-p1&_sort=date'), 0);
});

test('a record whose bytes were changed is a failure to its keeper, and to others as absent as ever', async () => {
  await hospital.store.commit({ changes: [{ op: 'update', resource: observation('damaged', 'p1') }] });
  await sql`update version set content = set_byte(content, 40, (get_byte(content, 40) + 1) % 256) where id = 'damaged'`.execute(
    hospital.db,
  );
  try {
    const seen = await get('/fhir/Observation/damaged', ehr).expect(500);
    assert.match(seen.body.issue[0].diagnostics, /\$verify/);
    await get('/fhir/Observation?patient=p1').expect(200);
    for (const path of ['/fhir/Observation/damaged', '/fhir/Observation/damaged/$verify'])
      assert.deepEqual(likeness(await get(path)), likeness(await get(path.replace('damaged', 'absent'))));
  } finally {
    await sql`delete from version where id = 'damaged'`.execute(hospital.db);
  }
});

test('pages are full of what may be seen, in order, whatever lies between', async () => {
  const changes = Array.from({ length: 30 }, (_, n) => ({
    op: 'update' as const,
    resource: observation(`page-${String(n).padStart(2, '0')}`, n % 3 === 0 ? 'p1' : 'p2', 'paging'),
  }));
  for (const change of changes) await hospital.store.commit({ changes: [change] });
  hospital.consent.given = [{ patient: 'p1', to: 'clinic' }];
  const found: string[] = [];
  let path: string | undefined = '/fhir/Observation?code=paging&_count=4&_sort=_lastUpdated';
  const sizes: number[] = [];
  while (path) {
    const body: PageBody = (await get(path).expect(200)).body;
    const ids = (body.entry ?? []).map((entry) => entry.resource.id);
    sizes.push(ids.length);
    found.push(...ids);
    const next = nextOf(body);
    assert.doesNotMatch(next ?? '', /paging|code=|_sort=/);
    path = next?.slice(hospital.url.length);
  }
  assert.deepEqual(sizes, [4, 4, 2]);
  assert.deepEqual(
    found,
    changes.filter((_, n) => n % 3 === 0).map((change) => change.resource.id),
  );
});

test('a page link of another client, of another search or with a changed letter opens nothing', async () => {
  hospital.consent.given = [{ patient: 'p1', to: 'clinic' }];
  const { body } = await get('/fhir/Observation?patient=p1&_count=1').expect(200);
  const next: string = body.link.find((link: { relation: string }) => link.relation === 'next').url;
  const path = next.slice(hospital.url.length);
  await get(path).expect(200);
  await get(path, ehr).expect(400);
  await get(path.replace('/Observation?', '/Patient?')).expect(400);
  const at = path.length - 20;
  await get(`${path.slice(0, at)}${path[at] === 'A' ? 'B' : 'A'}${path.slice(at + 1)}`).expect(400);
});

test("$everything hands over the patient and all their records, page by page, and nobody else's", async () => {
  hospital.consent.given = [{ patient: 'p2', to: 'clinic' }];
  const ids: string[] = [];
  let path: string | undefined = '/fhir/Patient/p2/$everything?_count=7';
  while (path) {
    const body: PageBody = (await get(path).expect(200)).body;
    for (const { resource } of body.entry ?? []) ids.push(`${resource.resourceType}/${resource.id}`);
    path = nextOf(body)?.slice(hospital.url.length);
  }
  assert.equal(ids[0], 'Patient/p2');
  assert.ok(ids.includes('Observation/o-p2') && ids.length >= 3);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(
    ids.some((id) => id.endsWith('p1') || id.startsWith('AuditEvent')),
    false,
  );
});

test('HEAD, a trailing slash and an escaped $ are the same request', async () => {
  const head = await hospital.http
    .head('/fhir/Patient/p1/')
    .set('authorization', `Bearer ${ehr}`)
    .expect(200);
  assert.equal(head.text, undefined);
  assert.equal(head.headers['etag'], 'W/"1"');
  await get('/fhir/Patient/p1/%24verify', ehr).expect(200);
});

test('a client that has the newest version is told so, if it may know', async () => {
  await get('/fhir/Patient/p1', ehr).set('if-none-match', 'W/"1"').expect(304);
  await get('/fhir/Patient/p1', ehr).set('if-none-match', 'W/"2"').expect(200);
});
