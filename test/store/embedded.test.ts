// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { type DatabaseServer, type Db, openEmbedded, sql } from '../../src/store/sql/database.ts';
import { programArgs } from '../network/harness.ts';
import { ownFolder } from './folders.ts';

/** Closed at the latest when the test ends: an open PGlite keeps the process from ending. */
async function opened(t: TestContext, ...where: Parameters<typeof openEmbedded>): Promise<DatabaseServer> {
  const server = await openEmbedded(...where);
  t.after(() => server.close().catch(() => {}));
  return server;
}

async function words(db: Db): Promise<string[]> {
  return (await sql<{ word: string }>`select word from said order by word`.execute(db)).rows.map(
    (row) => row.word,
  );
}

const say = (db: Db, word: string) => sql`insert into said values (${word})`.execute(db);

/** What a power cut leaves: the journal and the snapshots were synced, PGlite's files never are, and the machine boots anew. */
async function cutPower(folder: string, garble: 'delete' | 'garble'): Promise<void> {
  const pglite = join(folder, 'pglite');
  if (garble === 'delete') await rm(pglite, { recursive: true });
  else
    for (const name of await readdir(join(pglite, 'base'), { recursive: true }))
      if (/\d$/.test(name)) await writeFile(join(pglite, 'base', name), 'rubbish').catch(() => {});
  await writeFile(join(folder, 'run.json'), JSON.stringify({ boot: 'another', clean: false }));
  await rm(join(folder, 'lock'), { force: true });
}

/** Every fdatasync of this process hangs until `resume`; `asked` resolves with the first. */
async function stopDisk(): Promise<{ asked: Promise<void>; resume: () => void }> {
  const file = await open('/dev/null');
  const handle = Object.getPrototypeOf(file) as { datasync: () => Promise<void> };
  await file.close();
  const { datasync } = handle;
  let resume = () => {};
  const resumed = new Promise<void>((done) => {
    resume = done;
  });
  const asked = new Promise<void>((done) => {
    handle.datasync = async function () {
      done();
      await resumed;
      await datasync.call(this);
    };
  });
  return {
    asked,
    resume: () => {
      handle.datasync = datasync;
      resume();
    },
  };
}

/** A process that opens the folder, says words and prints each one once its commit is acknowledged. */
function startWriter(folder: string, first: number) {
  const child = spawn(process.execPath, [...programArgs('test/store/writer.ts'), folder, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const acknowledged: string[] = [];
  lines.on('line', (line) => acknowledged.push(line));
  return { child, lines, acknowledged };
}

test('a database that was closed opens with everything in it', async (t) => {
  const folder = await ownFolder(t);
  const first = await opened(t, folder);
  const db = await first.schema('hospital');
  await sql`create table said (word text)`.execute(db);
  await say(db, 'kept');
  await first.close();
  const second = await opened(t, folder);
  assert.deepEqual(await words(await second.schema('hospital')), ['kept']);
  await second.close();
});

for (const garble of ['delete', 'garble'] as const)
  test(`every acknowledged row outlives a power cut that makes PGlite's files useless (${garble})`, async (t) => {
    const folder = await ownFolder(t);
    const writer = startWriter(folder, 0);
    while (writer.acknowledged.length < 60) await once(writer.lines, 'line');
    writer.child.kill('SIGKILL');
    await once(writer.lines, 'close');
    await cutPower(folder, garble);
    const server = await opened(t, folder);
    const kept = new Set(await words(await server.schema('hospital')));
    assert.deepEqual(
      writer.acknowledged.filter((word) => !kept.has(word)),
      [],
    );
    await server.close();
  });

test('kill -9 in the middle of writing, again and again, loses nothing acknowledged and blocks nobody', async (t) => {
  const folder = await ownFolder(t);
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round++) {
    const writer = startWriter(folder, round * 100_000);
    while (writer.acknowledged.length < 20 + round * 15) await once(writer.lines, 'line');
    writer.child.kill('SIGKILL');
    await once(writer.lines, 'close');
    acknowledged.push(...writer.acknowledged);
  }
  const server = await opened(t, folder);
  const said = await words(await server.schema('hospital'));
  await server.close();
  assert.equal(new Set(said).size, said.length, 'nothing is applied twice');
  assert.deepEqual(
    acknowledged.filter((word) => !said.includes(word)),
    [],
  );
  // And the journal alone tells the same story.
  await cutPower(folder, 'delete');
  const rebuilt = await opened(t, folder);
  assert.deepEqual(await words(await rebuilt.schema('hospital')), said);
  await rebuilt.close();
});

test('what PGlite lost of the journal is applied on the next start', async (t) => {
  const folder = await ownFolder(t);
  const first = await opened(t, folder);
  const db = await first.schema('hospital');
  await sql`create table said (word text)`.execute(db);
  await say(db, 'one');
  await first.close();
  const second = await opened(t, folder);
  await say(await second.schema('hospital'), 'two');
  await second.close();
  // PGlite's folder as the first snapshot had it, with the mark of a clean end: everything since is in the journal only.
  const snapshot = (await readdir(folder)).find((name) => name.startsWith('snapshot-')) as string;
  await rm(join(folder, 'pglite'), { recursive: true });
  await cp(join(folder, snapshot), join(folder, 'pglite'), { recursive: true });
  const third = await opened(t, folder);
  assert.deepEqual(await words(await third.schema('hospital')), ['one', 'two']);
  await third.close();
});

test('nothing is acknowledged, and nobody is shown it, before the disk has it', async (t) => {
  const folder = await ownFolder(t);
  const server = await opened(t, folder);
  const db = await server.schema('hospital');
  await sql`create table said (word text)`.execute(db);
  const disk = await stopDisk();
  t.after(disk.resume);
  const seen: string[] = [];
  const written = say(db, 'slow').then(() => seen.push('acknowledged'));
  await disk.asked;
  const read = words(db).then((found) => seen.push(...found));
  const rolledBack = db.transaction().execute(async (trx) => {
    await say(trx, 'undone');
    throw new Error('changed my mind');
  });
  await assert.rejects(rolledBack, /changed my mind/);
  assert.deepEqual(seen, []);
  disk.resume();
  await Promise.all([written, read]);
  assert.deepEqual(seen.sort(), ['acknowledged', 'slow']);
  await server.close();
});

test('what PGlite committed just before a kill and the journal has not is kept for what builds on it', async (t) => {
  const folder = await ownFolder(t);
  const first = await opened(t, folder);
  const db = await first.schema('hospital');
  await sql`create table said (word text)`.execute(db);
  await say(db, 'journaled');
  const journal = join(folder, (await readdir(folder)).find((name) => name.startsWith('journal-')) as string);
  const { length } = await readFile(journal);
  await say(db, 'in PGlite only');
  await first.close();
  await truncate(journal, length);
  const second = await opened(t, folder);
  await say(await second.schema('hospital'), 'later');
  await second.close();
  await cutPower(folder, 'delete');
  const third = await opened(t, folder);
  assert.deepEqual(await words(await third.schema('hospital')), ['in PGlite only', 'journaled', 'later']);
  await third.close();
});

test('the journal begins anew after a snapshot, and a power cut after it loses nothing', async (t) => {
  const folder = await ownFolder(t);
  const server = await opened(t, folder, { snapshotAfterBytes: 20_000 });
  const db = await server.schema('hospital');
  await sql`create table said (word text)`.execute(db);
  const long = 'x'.repeat(3_000);
  for (let n = 0; n < 12; n++) await say(db, `${n} ${long}`);
  await server.snapshot();
  await say(db, 'after');
  await server.close();
  const names = await readdir(folder);
  assert.equal(names.filter((name) => /^snapshot-/.test(name)).length, 1, 'older ones are gone');
  const journal = names.filter((name) => /^journal-/.test(name));
  assert.equal(journal.length, 1);
  assert.ok((await readFile(join(folder, journal[0] as string))).length < 20_000);
  await cutPower(folder, 'delete');
  const rebuilt = await opened(t, folder);
  assert.equal((await words(await rebuilt.schema('hospital'))).length, 13);
  await rebuilt.close();
});

test('two processes never open one folder', async (t) => {
  const folder = await ownFolder(t);
  const server = await opened(t, folder);
  await assert.rejects(opened(t, folder), { code: 'IN_USE' });
  await server.close();
  await (await opened(t, folder)).close();
});

test('a folder whose snapshots were lost is refused, not begun anew', async (t) => {
  const folder = await ownFolder(t);
  await (await opened(t, folder)).close();
  for (const name of await readdir(folder))
    if (name.startsWith('snapshot-')) await rm(join(folder, name), { recursive: true });
  await assert.rejects(opened(t, folder), { code: 'SNAPSHOT_MISSING' });
});

test('transactions are atomic, savepoints undo their part, and the journal replays just what remained', async (t) => {
  const folder = await ownFolder(t);
  const server = await opened(t, folder);
  const db = await server.schema('hospital');
  await sql`create table said (word text primary key)`.execute(db);
  await assert.rejects(
    db.transaction().execute(async (trx) => {
      await say(trx, 'undone');
      await say(trx, 'undone');
    }),
    { code: '23505' },
  );
  await db.transaction().execute(async (trx) => {
    await say(trx, 'before');
    await sql`savepoint here`.execute(trx);
    await say(trx, 'inside');
    await assert.rejects(say(trx, 'inside'), { code: '23505' });
    await sql`rollback to savepoint here`.execute(trx);
    await say(trx, 'after');
  });
  await server.close();
  await cutPower(folder, 'delete');
  const rebuilt = await opened(t, folder);
  assert.deepEqual(await words(await rebuilt.schema('hospital')), ['after', 'before']);
  await rebuilt.close();
});

test('a statement that would write something else when replayed is refused', async (t) => {
  const server = await opened(t);
  const db = await server.schema('hospital');
  await sql`create table said (word text)`.execute(db);
  for (const statement of [
    sql`insert into said values (now()::text)`,
    sql`insert into said values (gen_random_uuid()::text)`,
    sql`update said set word = random()::text`,
    sql`insert into said values (current_timestamp::text)`,
    sql`create table counted (n bigserial)`,
    sql`create table counted (n bigint generated always as identity)`,
    sql`select setval('x', 1)`,
  ])
    await assert.rejects(statement.execute(db), { code: 'VOLATILE_STATEMENT' });
  await sql`select now()`.execute(db);
  await server.close();
});

test('schemas of one server keep to themselves', async (t) => {
  const server = await opened(t);
  const [hospital, clinic] = [await server.schema('hospital'), await server.schema('clinic')];
  for (const db of [hospital, clinic]) await sql`create table said (word text)`.execute(db);
  await Promise.all([say(hospital, 'hospital'), say(clinic, 'clinic'), say(hospital, 'hospital too')]);
  assert.deepEqual(await words(hospital), ['hospital', 'hospital too']);
  assert.deepEqual(await words(clinic), ['clinic']);
  await assert.rejects(server.schema('x; drop schema hospital'), { code: 'SCHEMA_NAME_INVALID' });
  await server.close();
  await assert.rejects(words(hospital), { code: 'CLOSED' });
});
