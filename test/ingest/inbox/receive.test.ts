// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from '../../../src/store/sql/database.ts';
import { bench, code, fault, freshDb, idOf, memoryKeyring, message, VIA } from './support.ts';

test('a message is acknowledged when it is kept, and then it is in the store', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  const answer = await inbox.receive(message(), VIA);
  assert.equal(code(answer), 'AA');
  await inbox.settled();
  const patient = await desk.store.read('Patient', idOf('P1'));
  assert.equal(patient?.version, 1);
  assert.deepEqual(inbox.stats(), {
    kept: 1,
    dead: 0,
    again: 0,
    refused: 0,
    unavailable: 0,
    processed: 1,
    waiting: 0,
  });
});

test('a resend gets the same bytes and changes nothing, also after a restart', async (t) => {
  const desk = await bench(t);
  const first = await desk.open();
  const answer = await first.receive(message(), VIA);
  const again = await first.receive(message(), VIA);
  assert.deepEqual(again.now, answer.now);
  await first.close();
  const second = await desk.open();
  const later = await second.receive(message(), VIA);
  assert.deepEqual(later.now, answer.now);
  await second.settled();
  assert.equal((await desk.store.read('Patient', idOf('P1')))?.version, 1);
  assert.equal((await second.summary()).status.processed, 1);
});

test('a resend whose segments end otherwise is the same message', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  const answer = await inbox.receive(message(), VIA);
  const text = message().toString('latin1').replace(/\r$/, '');
  for (const again of [
    text,
    `\xef\xbb\xbf${text}`,
    `${text}\r\n`,
    text.replaceAll('\r', '\n'),
    text.replaceAll('\r', '\r\n'),
    `\r\n\r\n${text}\r\r`,
    text.replaceAll('\r', '\r\r'),
    text.replaceAll('\r', '\r\n \t\r\n\r'),
    text.replaceAll('\r', '\n\n'),
  ]) {
    assert.deepEqual((await inbox.receive(Buffer.from(again, 'latin1'), VIA)).now, answer.now);
  }
});

test('an empty line inside a text makes another message', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  assert.equal(code(await inbox.receive(message({ value: 'one\ntwo' }), VIA)), 'AA');
  const other = await inbox.receive(message({ value: 'one\n\ntwo' }), VIA);
  assert.match(fault(other), /^MSH\^1\^10\S* 205$/);
});

test('a message in UTF-16 is the same one however its segments end', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  const text = message().toString().replace('|2.5.1', '|2.5.1||||||UNICODE UTF-16');
  const wide = (form: string) => Buffer.from(`\ufeff${form}`, 'utf16le');
  const answer = await inbox.receive(wide(text), VIA);
  assert.equal(code(answer), 'AA');
  for (const again of [text.replaceAll('\r', '\r\n'), text.replaceAll('\r', '\n\n'), text.trimEnd()])
    assert.deepEqual((await inbox.receive(wide(again), VIA)).now, answer.now);
});

test('a message sent twenty times at once is kept once and answered alike', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  const answers = await Promise.all(Array.from({ length: 20 }, () => inbox.receive(message(), VIA)));
  assert.equal(new Set(answers.map((answer) => answer.now?.toString())).size, 1);
  await inbox.settled();
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from inbox`.execute(desk.db);
  assert.equal(rows[0]?.n, 1);
});

test('two bridges on one database keep a message that reaches both once', async (t) => {
  const desk = await bench(t);
  const [one, two] = [await desk.open(), await desk.open()];
  const answers = await Promise.all([one, two, one, two].map((inbox) => inbox.receive(message(), VIA)));
  assert.equal(new Set(answers.map((answer) => answer.now?.toString())).size, 1);
});

test('the control id of another message is refused at MSH-10, and another sender may use it', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  await inbox.receive(message(), VIA);
  const other = await inbox.receive(message({ name: 'Other^Bytes' }), VIA);
  assert.equal(code(other), 'AR');
  assert.match(fault(other), /^MSH\^1\^10\S* 205$/);
  const elsewhere = await inbox.receive(message({ name: 'Other^Bytes', sender: 'LAB|QUAY' }), VIA);
  assert.equal(code(elsewhere), 'AA');
});

const HEADERS: readonly [what: string, bytes: Buffer, fault: RegExp][] = [
  ['without a control id', message({ control: '' }), /^MSH\^1\^10\S* 101$/],
  ['of a type that no mapping covers', message({ type: 'BAR^P01' }), /^MSH\^1\^9\S* 200$/],
  [
    'with an unknown processing id',
    Buffer.from(message().toString().replace('|P|2.5.1', '|X|2.5.1')),
    / 202$/,
  ],
  ['of a version that is none of ours', Buffer.from(message().toString().replace('|2.5.1', '|3.0')), / 203$/],
  ['that is none', Buffer.from('GET / HTTP/1.1\r\n\r\n'), / 100$/],
];
for (const [what, bytes, where] of HEADERS) {
  test(`a message ${what} is refused with AR and not kept`, async (t) => {
    const desk = await bench(t);
    const inbox = await desk.open();
    const answer = await inbox.receive(bytes, VIA);
    assert.equal(code(answer), 'AR');
    assert.match(fault(answer), where);
    assert.deepEqual((await inbox.summary()).status, { received: 0, processed: 0, dead: 0 });
  });
}

test('while the database is away a message is answered AE 207, and its resend is kept', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  await inbox.settled();
  await sql`alter table inbox_size rename to away`.execute(desk.db);
  const answer = await inbox.receive(message(), VIA);
  assert.equal(code(answer), 'AE');
  assert.match(fault(answer), / 207$/);
  await sql`alter table away rename to inbox_size`.execute(desk.db);
  assert.equal(code(await inbox.receive(message(), VIA)), 'AA');
  await inbox.settled();
  assert.equal(inbox.stats().processed, 1);
});

test('when too much waits to be written, senders are told to come again', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open({ limits: { maxPendingBytes: 200 } });
  const answers = await Promise.all([1, 2, 3].map((n) => inbox.receive(message({ control: `C${n}` }), VIA)));
  assert.deepEqual(answers.map(code), ['AA', 'AE', 'AE']);
  assert.equal(code(await inbox.receive(message({ control: 'C2' }), VIA)), 'AA');
});

test('a closing inbox takes nothing, and says so', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  await inbox.close();
  assert.equal(code(await inbox.receive(message(), VIA)), 'AE');
});

test('the table holds no name, identifier, control id, sender or result in clear', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  const sketch = { control: 'CTRL-4711', patient: 'MRN-0815', value: 'Haemoglobin-low', type: 'ORU^R01' };
  await inbox.receive(message(sketch), VIA);
  await inbox.receive(message({ ...sketch, control: 'CTRL-4712', birth: 'unknown' }), VIA);
  await inbox.settled();
  const { rows } = await sql`select * from inbox`.execute(desk.db);
  const text = JSON.stringify(rows, (_key, value) => {
    if (typeof value === 'bigint') return String(value);
    return value?.type === 'Buffer' || value instanceof Uint8Array
      ? Buffer.from(value).toString('latin1')
      : value;
  });
  assert.equal(rows.length, 2);
  assert.match(text, /ZZZ-1/, 'positions of unmapped fields are there');
  const clear = /Quillfeather|Marta|MRN-0815|CTRL|HARBOUR|LAB|Haemoglobin|19700101|unknown/;
  assert.doesNotMatch(text, clear);
  for (const row of rows as Record<string, unknown>[]) {
    for (const value of Object.values(row)) {
      if (value instanceof Uint8Array) assert.doesNotMatch(Buffer.from(value).toString('latin1'), clear);
    }
  }
});

test('a message costs the keyring one wrapped key', async (t) => {
  const desk = await bench(t);
  const keyring = memoryKeyring();
  const inbox = await desk.open({ keyring });
  await Promise.all(
    Array.from({ length: 10 }, (_, n) => inbox.receive(message({ control: `C${n}`, patient: `P${n}` }), VIA)),
  );
  assert.equal(keyring.wraps, 10);
});

test('every schema is migrated with an empty inbox', async () => {
  const { rows } = await sql<{ size: string }>`select size::text as size from inbox_size`.execute(
    await freshDb(),
  );
  assert.deepEqual(rows, [{ size: '0' }]);
});
