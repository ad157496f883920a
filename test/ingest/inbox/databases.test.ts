// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  type DatabaseServer,
  type Db,
  openEmbedded,
  openPostgres,
  sql,
} from '../../../src/store/sql/database.ts';
import { needs } from '../../require.ts';
import { bench, code, message, VIA } from './support.ts';

const postgres = needs('postgres', 'MOORING_TEST_POSTGRES');

describe('inbox on the embedded database', () => behaviour(() => openEmbedded()));
describe('inbox on PostgreSQL', 'skip' in postgres ? { skip: postgres.skip } : {}, () => {
  if ('value' in postgres) behaviour(() => openPostgres(postgres.value));
});

/** What two bridges that share a database promise together. */
function behaviour(open: () => Promise<DatabaseServer>): void {
  async function shared(t: Parameters<typeof bench>[0]): Promise<Db> {
    const server = await open();
    const schema = `inbox_${randomBytes(6).toString('hex')}`;
    const db = await server.schema(schema);
    t.after(async () => {
      await sql`drop schema ${sql.id(schema)} cascade`.execute(db);
      await server.close();
    });
    return db;
  }

  test('messages that reach both bridges at once are kept once, in one order for each patient', async (t) => {
    const db = await shared(t);
    const desk = await bench(t, db);
    const bridges = [await desk.open(), await desk.open()];
    const turns = [3, 0, 5, 1];
    desk.store.before = async () => {
      for (let turn = turns[0]!; turn > 0; turn -= 1) await new Promise((next) => setImmediate(next));
      turns.push(turns.shift()!);
    };
    const sent = Array.from({ length: 60 }, (_, n) => message({ control: `C${n}`, patient: `P${n % 3}` }));
    const answers = await Promise.all(
      sent.flatMap((bytes) => bridges.map((bridge) => bridge.receive(bytes, VIA))),
    );
    for (const answer of answers) assert.equal(code(answer), 'AA');
    assert.equal(new Set(answers.map(({ now }) => now?.toString('latin1'))).size, 60);
    for (const bridge of bridges) await bridge.settled();
    assert.equal(new Set(desk.store.settled).size, 60);
    assert.equal(desk.store.settled.length, 60);
    const { rows } = await sql<{ id: string; lanes: string }>`
      select id, lanes::text as lanes from inbox order by arrival`.execute(db);
    for (const lanes of new Set(rows.map((row) => row.lanes))) {
      const came = rows.filter((row) => row.lanes === lanes).map(({ id }) => id);
      assert.deepEqual(
        desk.store.settled.filter((id) => came.includes(id)),
        came,
      );
    }
  });

  test('a dead letter is replayed by one of them', async (t) => {
    const desk = await bench(t, await shared(t));
    const bridges = [await desk.open(), await desk.open()];
    await bridges[0]!.receive(message({ birth: 'never' }), VIA);
    const [letter] = await bridges[1]!.deadLetters.list();
    const replays = await Promise.allSettled(
      bridges.map((bridge) => bridge.deadLetters.replay(letter!.id, message())),
    );
    assert.deepEqual(replays.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.deepEqual((await bridges[0]!.summary()).status, { received: 0, processed: 1, dead: 1 });
  });

  test('a large message is kept as it came', async (t) => {
    const desk = await bench(t, await shared(t));
    const bytes = Buffer.concat([
      message({ birth: 'never' }),
      Buffer.from(`NTE|1||${'x'.repeat(9_000_000)}\r`),
    ]);
    const inbox = await desk.open();
    assert.equal(code(await inbox.receive(bytes, VIA)), 'AE');
    const [letter] = await inbox.deadLetters.list();
    assert.ok((await inbox.deadLetters.show(letter!.id)).message.equals(bytes));
  });
}
