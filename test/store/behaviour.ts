// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { commitResource, leafData } from '../../src/anchor/commitment.ts';
import { canonicalize } from '../../src/fhir/canonical.ts';
import { parseJson } from '../../src/fhir/json.ts';
import { MOORING_BASE, type Resource } from '../../src/fhir/resource.ts';
import { matches, parseSearch } from '../../src/fhir/search/index.ts';
import type { Keyring } from '../../src/store/keys/keyring.ts';
import { seal, unseal } from '../../src/store/keys/seal.ts';
import { type DatabaseServer, type Db, sql } from '../../src/store/sql/database.ts';
import { type OpenStore, openStore } from '../../src/store/sql/store.ts';
import type { Change, Store, Stored } from '../../src/store/store.ts';

const SYSTEM = 'urn:oid:1.2.3';

export const patient = (value: string, more: object = {}): Resource => ({
  resourceType: 'Patient',
  identifier: [{ system: SYSTEM, value }],
  ...more,
});

const observation = (subject: string, more: object = {}): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
  subject: { reference: subject },
  ...more,
});

const known = (value: string) => [`identifier|${SYSTEM}|${value}`];
const search = (type: string, query = '') => parseSearch(type, new URLSearchParams(query)).search;
const byIdentifier = (value: string) => search('Patient', `identifier=${SYSTEM}|${value}`);

async function all(found: AsyncIterable<Stored>): Promise<Stored[]> {
  const list: Stored[] = [];
  for await (const one of found) list.push(one);
  return list;
}

async function make(store: Store, resource: Resource): Promise<Stored> {
  return (await change(store, { op: 'create', resource })).stored;
}

async function change(store: Store, one: Change) {
  const { results } = await store.commit({ changes: [one] });
  return results[0] as NonNullable<(typeof results)[0]>;
}

function memoryKeyring(): Keyring {
  const key = randomBytes(32);
  const secret = randomBytes(32);
  return {
    wrap: async (plain, context) => seal(key, plain, context),
    unwrap: async (wrapped, context) => unseal(key, wrapped, context) ?? assert.fail('unwrap'),
    secret: async () => secret,
  };
}

/** How the store behaves, whichever database it is on. */
export function storeBehaviour(name: string, open: () => Promise<DatabaseServer>): void {
  describe(`store: ${name}`, () => {
    let server: DatabaseServer;
    let db: Db;
    let store: OpenStore;
    let other: OpenStore;
    const keyring = memoryKeyring();
    let clock = Date.parse('2026-03-01T10:00:00.000Z');
    const now = () => clock++;

    before(async () => {
      server = await open();
      const schema = `test_${randomBytes(6).toString('hex')}`;
      db = await server.schema(schema);
      store = await openStore({ db, keyring, now });
      // Another bridge of the same organization, with connections and memory of its own.
      other = await openStore({ db: await server.schema(schema), keyring, now });
    });
    after(async () => {
      await store.close();
      await other.close();
      await server.close();
    });

    test('what is created can be read by anybody with the key, as it was committed to', async () => {
      const stored = await make(store, patient('read-1', { active: true }));
      assert.equal(stored.version, 1);
      assert.equal(stored.patient, stored.id);
      for (const from of [store, other]) {
        const read = (await from.read('Patient', stored.id)) as Stored;
        assert.deepEqual(read.resource, stored.resource);
        assert.equal(read.resource.meta?.versionId, '1');
        assert.equal(read.resource.meta?.lastUpdated, read.updated);
        assert.equal(canonicalize(read.resource), read.canonical);
        assert.deepEqual(
          Buffer.from(read.leaf),
          Buffer.from(leafData('resource', commitResource(read.resource, read.salt))),
        );
      }
      assert.equal(await store.read('Patient', 'nobody'), undefined);
      assert.equal(await store.read('Patient', stored.id, 2), undefined);
    });

    test('a decimal keeps the digits it was written with', async () => {
      const text = '{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.50}}';
      const stored = await make(store, parseJson(text) as Resource);
      assert.match(((await store.read('Observation', stored.id)) as Stored).canonical, /"value":1\.50/);
    });

    test('every version can be read, and the history is newest first', async () => {
      const { id } = await make(store, patient('history'));
      for (const active of [true, false])
        await change(store, { op: 'update', resource: { ...patient('history', { active }), id } });
      assert.deepEqual(
        (await all(store.history('Patient', id))).map(({ version, resource }) => [
          version,
          resource['active'],
        ]),
        [
          [3, false],
          [2, true],
          [1, undefined],
        ],
      );
      assert.equal((await store.read('Patient', id, 2))?.resource['active'], true);
      assert.equal((await store.read('Patient', id))?.version, 3);
    });

    test('saying the same again makes no new version', async () => {
      const { id } = await make(store, patient('same'));
      const result = await change(store, { op: 'update', resource: { ...patient('same'), id } });
      assert.deepEqual([result.outcome, result.stored.version], ['unchanged', 1]);
    });

    test('an update creates what is not there, under the name it was given', async () => {
      const id = randomUUID();
      assert.equal(
        (await change(store, { op: 'update', resource: { ...patient('put'), id } })).outcome,
        'created',
      );
      await assert.rejects(change(store, { op: 'update', resource: patient('put') }), { status: 400 });
    });

    test('an update of a version that is no longer current is refused and changes nothing', async () => {
      const { id } = await make(store, patient('match'));
      const active = (value: boolean) => ({ ...patient('match', { active: value }), id });
      assert.equal(
        (await change(store, { op: 'update', resource: active(true), ifMatch: 1 })).stored.version,
        2,
      );
      await assert.rejects(change(store, { op: 'update', resource: active(false), ifMatch: 1 }), {
        status: 412,
      });
      assert.equal((await store.read('Patient', id))?.resource['active'], true);
    });

    test('what is deleted is gone from searches, stays in the history and can come back', async () => {
      const { id } = await make(store, patient('delete'));
      assert.equal((await change(store, { op: 'delete', type: 'Patient', id })).outcome, 'deleted');
      assert.equal((await store.read('Patient', id))?.deleted, true);
      assert.deepEqual(await all(store.search(byIdentifier('delete'))), []);
      assert.equal((await change(store, { op: 'delete', type: 'Patient', id })).outcome, 'unchanged');
      await change(store, { op: 'update', resource: { ...patient('delete'), id } });
      assert.equal((await all(store.search(byIdentifier('delete')))).length, 1);
      assert.deepEqual(
        (await all(store.history('Patient', id))).map(({ deleted }) => deleted),
        [false, true, false],
      );
      await assert.rejects(change(store, { op: 'delete', type: 'Patient', id: 'nobody' }), { status: 404 });
    });

    test('the same identifier conditionally created eight times at once gives one resource', async () => {
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          change(n % 2 ? store : other, {
            op: 'create',
            resource: patient('eight'),
            ifNoneExist: byIdentifier('eight'),
          }),
        ),
      );
      assert.deepEqual(results.map(({ outcome }) => outcome).sort(), [
        'created',
        ...Array(7).fill('unchanged'),
      ]);
      assert.equal(new Set(results.map(({ stored }) => stored.id)).size, 1);
      assert.equal((await all(store.search(byIdentifier('eight')))).length, 1);
    });

    test('a condition that finds several is refused, alone of all that was asked for at the same time', async () => {
      await make(store, patient('twice'));
      await make(store, patient('twice'));
      const outcomes = await Promise.allSettled([
        change(store, { op: 'create', resource: patient('beside-1') }),
        change(store, { op: 'create', resource: patient('twice'), ifNoneExist: byIdentifier('twice') }),
        change(store, { op: 'update', resource: patient('twice'), where: byIdentifier('twice') }),
        change(store, { op: 'create', resource: patient('beside-2') }),
      ]);
      assert.deepEqual(
        outcomes.map((one) => (one.status === 'fulfilled' ? one.value.outcome : one.reason.status)),
        ['created', 412, 412, 'created'],
      );
    });

    test('a conditional update creates, then updates the one it finds', async () => {
      const where = byIdentifier('where');
      const first = await change(store, { op: 'update', resource: patient('where'), where });
      const second = await change(store, {
        op: 'update',
        resource: patient('where', { active: true }),
        where,
      });
      assert.deepEqual([first.outcome, second.outcome], ['created', 'updated']);
      assert.equal(second.stored.id, first.stored.id);
      const foreign = { ...patient('where'), id: 'another' };
      await assert.rejects(change(store, { op: 'update', resource: foreign, where }), { status: 400 });
    });

    test('a unit is stored whole or not at all', async () => {
      const unit = store.commit({
        changes: [
          { op: 'create', resource: patient('atomic') },
          { op: 'delete', type: 'Patient', id: 'nobody' },
        ],
      });
      await assert.rejects(unit, { status: 404 });
      assert.deepEqual(await all(store.search(byIdentifier('atomic'))), []);
    });

    test('references within a unit, and conditional ones, become what the resources were called', async () => {
      await make(store, patient('referred'));
      const { results } = await store.commit({
        changes: [
          { op: 'create', resource: observation('urn:uuid:p'), fullUrl: 'urn:uuid:o' },
          { op: 'create', resource: patient('named'), fullUrl: 'urn:uuid:p' },
          { op: 'create', resource: observation(`Patient?identifier=${SYSTEM}|referred`) },
        ],
      });
      const [first, second, third] = results.map(({ stored }) => stored) as [Stored, Stored, Stored];
      assert.deepEqual(first.resource['subject'], { reference: `Patient/${second.id}` });
      assert.equal(first.patient, second.id);
      const [referred] = await all(store.search(byIdentifier('referred')));
      assert.deepEqual(third.resource['subject'], { reference: `Patient/${referred?.id}` });
      const dangling = observation(`Patient?identifier=${SYSTEM}|nobody`);
      await assert.rejects(make(store, dangling), { status: 412 });
    });

    test('a message about a patient known under another id lands on that patient, with all that refers to it', async () => {
      const existing = await make(
        store,
        patient('mrn', { active: true, gender: 'female', birthDate: '1970' }),
      );
      const { results } = await store.commit({
        changes: [
          {
            op: 'merge',
            resource: { ...patient('mrn', { gender: 'other' }), id: 'proposed-mrn' },
            removed: ['birthDate'],
            knownBy: known('mrn'),
          },
          { op: 'create', resource: observation('Patient/proposed-mrn') },
        ],
      });
      const [merged, about] = results.map(({ stored }) => stored) as [Stored, Stored];
      assert.deepEqual([merged.id, merged.version], [existing.id, 2]);
      const { active, gender, birthDate } = merged.resource as Record<string, unknown>;
      assert.deepEqual(
        { active, gender, birthDate },
        { active: true, gender: 'other', birthDate: undefined },
      );
      assert.equal(about.patient, existing.id);
      assert.equal(await store.read('Patient', 'proposed-mrn'), undefined);
    });

    test('a message sent again changes nothing', async () => {
      const send = () =>
        store.commit({
          changes: [
            {
              op: 'merge',
              resource: { ...patient('again'), id: 'p-again' },
              removed: ['gender'],
              knownBy: known('again'),
            },
            { op: 'create', resource: { ...observation('Patient/p-again'), id: 'o-again' } },
          ],
        });
      await send();
      assert.deepEqual(
        (await send()).results.map(({ outcome }) => outcome),
        ['unchanged', 'unchanged'],
      );
    });

    test('a message cannot take away the security labels that somebody set', async () => {
      const security = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }];
      const { id } = await make(store, patient('label', { meta: { security } }));
      const said = { ...patient('label', { meta: { source: 'urn:x' } }), id };
      await change(store, { op: 'merge', resource: said, removed: [], knownBy: [] });
      const { meta } = ((await store.read('Patient', id)) as Stored).resource;
      assert.deepEqual([meta?.security, meta?.source], [security, 'urn:x']);
    });

    test('a patient who was merged into another stands back for that one', async () => {
      const survivor = await make(store, patient('merged'));
      await make(
        store,
        patient('merged', {
          link: [{ other: { reference: `Patient/${survivor.id}` }, type: 'replaced-by' }],
        }),
      );
      const said = { ...patient('merged', { active: true }), id: 'p-merged' };
      const result = await change(store, {
        op: 'merge',
        resource: said,
        removed: [],
        knownBy: known('merged'),
      });
      assert.equal(result.stored.id, survivor.id);
    });

    test('many units at once see each other in order: versions are dense, and one is current', async () => {
      const id = randomUUID();
      const say = (n: number): Change => ({
        op: 'update',
        resource: { ...patient('many', { multipleBirthInteger: n }), id },
      });
      await Promise.all(Array.from({ length: 20 }, (_, n) => change(n % 2 ? store : other, say(n))));
      const versions = (await all(store.history('Patient', id))).map(({ version }) => version);
      assert.deepEqual(
        versions,
        Array.from({ length: 20 }, (_, n) => 20 - n),
      );
      const { rows } = await sql<{
        n: number;
      }>`select count(*) as n from version where id = ${id} and current`.execute(db);
      assert.equal(Number(rows[0]?.n), 1);
    });

    test('leaves are dense and in the order of commits, whoever writes', async () => {
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => make(n % 2 ? store : other, patient(`leaf-${n}`))),
      );
      const { rows } = await sql<{ n: number; last: number; size: number }>`
        select count(*) as n, max(leaf_index) as last, (select size from log_size) as size from version`.execute(
        db,
      );
      const [row] = rows;
      assert.deepEqual([Number(row?.n), Number(row?.last) + 1], [Number(row?.size), Number(row?.size)]);
    });

    test('audit events are stored with what they are about, numbered without a gap for each patient', async () => {
      const about = await make(store, patient('audited'));
      const event = (recorded: string): Resource => ({ resourceType: 'AuditEvent', recorded });
      const read = (n: number, from: Store) =>
        from.commit({
          changes: [],
          audit: () => [
            { patient: about.id, event: event(`2026-03-01T10:00:${10 + n}Z`) },
            { event: event('2026-03-01T10:00:00Z') },
          ],
        });
      const committed = await Promise.all(
        Array.from({ length: 10 }, (_, n) => read(n, n % 2 ? store : other)),
      );
      const numbers = committed.map(({ audits }) => {
        const [mine, ours] = audits as [Stored, Stored];
        assert.deepEqual([mine.patient, ours.patient], [about.id, undefined]);
        assert.equal(mine.leaf[0], leafData('audit', new Uint8Array(32))[0]);
        const [extension] = mine.resource['extension'] as { url: string; valueInteger: number }[];
        assert.equal(extension?.url, `${MOORING_BASE}/StructureDefinition/audit-sequence`);
        return extension?.valueInteger;
      });
      assert.deepEqual(
        numbers.sort((a = 0, b = 0) => a - b),
        Array.from({ length: 10 }, (_, n) => n + 1),
      );
    });

    test('what a refused unit would have been audited with is not stored', async () => {
      const drafts = () => [{ patient: 'refused', event: { resourceType: 'AuditEvent' } }];
      const refused = store.commit({
        changes: [{ op: 'delete', type: 'Patient', id: 'nobody' }],
        audit: drafts,
      });
      await assert.rejects(refused, { status: 404 });
      const { audits } = await store.commit({ changes: [], audit: drafts });
      const [first] = audits as [Stored];
      const [extension] = first.resource['extension'] as { valueInteger: number }[];
      assert.equal(extension?.valueInteger, 1);
    });

    test('a search finds by token, date and id, in order, page by page', async () => {
      const subject = await make(store, patient('pages'));
      for (let n = 0; n < 40; n++)
        await make(
          store,
          observation(`Patient/${subject.id}`, {
            effectiveDateTime: `2026-01-${String((n % 28) + 1).padStart(2, '0')}`,
          }),
        );
      const asked = { ...search('Observation', `subject=Patient/${subject.id}`) };
      for (const by of ['updated', 'period'] as const)
        for (const descending of [false, true]) {
          const sorted = { ...asked, sort: { by, descending } };
          const whole = await all(store.search(sorted));
          assert.equal(whole.length, 40);
          const keys = whole.map((one) =>
            by === 'updated' ? one.updated : String(one.resource['effectiveDateTime']),
          );
          assert.deepEqual(keys, descending ? [...keys].sort().reverse() : [...keys].sort());
          const rest = await all(store.search(sorted, whole[24]?.cursor));
          assert.deepEqual(
            rest.map(({ id }) => id),
            whole.slice(25).map(({ id }) => id),
          );
        }
      const count = async (query: string) =>
        (await all(store.search(search('Observation', `subject=Patient/${subject.id}&${query}`)))).length;
      assert.equal(await count('date=2026-01-03'), 2);
      assert.equal(await count('date=ge2026-01-28'), 1);
      assert.equal(await count('date=lt2026-01-03&code=http://loinc.org|718-7'), 4);
      assert.equal(await count('code:not=718-7'), 0);
      assert.equal(await count('status=final,amended'), 40);
      assert.equal(await count('_lastUpdated=gt2100-01-01'), 0);
      assert.equal(await count('_id=nobody'), 0);
      await assert.rejects(all(store.search(asked, 'rubbish')), { status: 400 });
    });

    test('a search finds exactly what reading every resource would find', async () => {
      const subject = await make(store, patient('oracle'));
      const times = [
        { effectiveDateTime: '2025' },
        { effectiveDateTime: '2025-06' },
        { effectiveDateTime: '2025-06-15' },
        { effectiveDateTime: '2025-06-15T12:00:00Z' },
        { effectiveDateTime: '2025-06-15T12:00:00.500+02:00' },
        { effectivePeriod: { start: '2025-06-01', end: '2025-06-15' } },
        { effectivePeriod: { start: '2025-06-15' } },
        { effectivePeriod: { end: '2025-06-15' } },
        {},
      ];
      for (const [n, time] of times.entries())
        await make(
          store,
          observation(`Patient/${subject.id}`, { ...time, status: n % 2 ? 'final' : 'amended' }),
        );
      const everything = await all(store.search(search('Observation', `subject=Patient/${subject.id}`)));
      assert.equal(everything.length, times.length);
      const comparisons = ['', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb'];
      const values = ['2025', '2025-06', '2025-06-15', '2025-06-15T12:00:00Z', '2024', '2026-01-01'];
      for (const comparison of comparisons)
        for (const value of values)
          for (const more of ['', '&status=final', '&status:not=final']) {
            const query = `subject=Patient/${subject.id}&date=${comparison}${value}${more}`;
            const asked = search('Observation', query);
            const expected = everything
              .filter(({ resource }) => matches(resource, asked))
              .map(({ id }) => id);
            assert.deepEqual(
              (await all(store.search(asked))).map(({ id }) => id),
              expected,
              query,
            );
          }
    });

    test('a search limited to patients finds what is theirs and what is nobody’s', async () => {
      const [mine, theirs] = [await make(store, patient('mine')), await make(store, patient('theirs'))];
      const code = { coding: [{ system: 'urn:x', code: 'limited' }] };
      await make(store, observation(`Patient/${mine.id}`, { code }));
      await make(store, observation(`Patient/${theirs.id}`, { code }));
      await make(store, { resourceType: 'Observation', status: 'final', code });
      const asked = search('Observation', 'code=urn:x|limited');
      const subjects = (await all(store.search({ ...asked, patients: [mine.id] }))).map(
        ({ patient }) => patient,
      );
      assert.deepEqual(subjects.sort(), [mine.id, undefined]);
      assert.equal((await all(store.search(asked))).length, 3);
    });

    test('a message is settled in the transaction that stores what it led to, and only once', async () => {
      await inboxMessage('m1');
      const settle = (from: Store) =>
        from.commit({
          changes: [{ op: 'create', resource: patient('settled') }],
          settles: { inboxId: 'm1' },
        });
      const committed = await Promise.all([settle(store), settle(store), settle(other)]);
      assert.deepEqual(committed.map(({ results }) => results.length).sort(), [0, 0, 1]);
      assert.equal((await all(store.search(byIdentifier('settled')))).length, 1);
      assert.deepEqual(await statusOf('m1'), 'processed');
    });

    test('a message whose changes are refused is not settled', async () => {
      await inboxMessage('m2');
      const refused = store.commit({
        changes: [{ op: 'delete', type: 'Patient', id: 'nobody' }],
        settles: { inboxId: 'm2' },
      });
      await assert.rejects(refused, { status: 404 });
      assert.equal(await statusOf('m2'), 'received');
      await assert.rejects(store.commit({ changes: [], settles: { inboxId: 'nowhere' } }), {
        code: 'INBOX_UNKNOWN',
      });
    });

    test('a unit that the database refuses does not take the others with it', async () => {
      const bad = { ...patient('bad'), id: 'nul\u0000' };
      const outcomes = await Promise.allSettled([
        make(store, patient('good-1')),
        change(store, { op: 'update', resource: bad }),
        make(store, patient('good-2')),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
    });

    test('a changed byte in the database is found out', async () => {
      const { id } = await make(store, patient('tampered'));
      await sql`update version set content = set_byte(content, 40, get_byte(content, 40) # 1) where id = ${id}`.execute(
        db,
      );
      await assert.rejects(store.read('Patient', id), { code: 'CONTENT_DAMAGED' });
    });

    test('a version put in another’s place is found out', async () => {
      const [one, two] = [await make(store, patient('swap-1')), await make(store, patient('swap-2'))];
      await sql`update version v set content = w.content, content_key = w.content_key, patient = w.patient from version w
        where v.id = ${one.id} and w.id = ${two.id}`.execute(db);
      await assert.rejects(store.read('Patient', one.id), { code: 'CONTENT_DAMAGED' });
    });

    test('nothing of the content is in the database in clear', async () => {
      await make(
        store,
        patient('SECRETNUMBER', { name: [{ family: 'Secretname' }], birthDate: '1971-02-03' }),
      );
      const { rows } = await sql<{ row: string }>`select v::text as row from version v`.execute(db);
      const everything = rows
        .map(({ row }) => row + Buffer.from(row.replaceAll('\\x', ''), 'hex').toString('latin1'))
        .join();
      for (const secret of ['SECRETNUMBER', 'Secretname', 'secretname', '1971-02-03']) {
        assert.ok(!everything.includes(secret));
        assert.ok(!everything.includes(Buffer.from(secret).toString('hex')));
      }
    });

    test('a store that was closed takes nothing more', async () => {
      const closing = await openStore({ db, keyring, now });
      const last = make(closing, patient('last'));
      const closed = closing.close();
      await assert.rejects(make(closing, patient('late')), { code: 'CLOSED' });
      assert.equal((await last).version, 1);
      await closed;
    });

    async function inboxMessage(id: string): Promise<void> {
      await sql`create table if not exists inbox (id text primary key, status text, processed_at timestamptz)`.execute(
        db,
      );
      const { rows } = await sql<{ name: string; type: string }>`
        select column_name as name, data_type as type from information_schema.columns
        where table_schema = current_schema() and table_name = 'inbox' and is_nullable = 'NO'`.execute(db);
      const values: Record<string, unknown> = { id, status: 'received' };
      for (const { name: column, type } of rows) values[column] ??= sample(type, id);
      const columns = Object.keys(values);
      await sql`insert into inbox (${sql.join(columns.map((column) => sql.ref(column)))})
        values (${sql.join(Object.values(values))})`.execute(db);
    }

    async function statusOf(id: string): Promise<string | undefined> {
      return (await sql<{ status: string }>`select status from inbox where id = ${id}`.execute(db)).rows[0]
        ?.status;
    }
  });
}

/** Something that a column of that type takes, for the inbox's own columns are none of the store's business. */
function sample(type: string, id: string): unknown {
  if (type === 'bytea') return Buffer.from(id);
  if (type === 'ARRAY') return '{}';
  if (type.startsWith('timestamp')) return '2026-03-01T10:00:00Z';
  return type === 'text' ? id : Number(id.replace(/\D/g, ''));
}
