// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import express from 'express';
import { addReplay } from '../../../src/cli/replay.ts';
import { FhirError } from '../../../src/fhir/outcome.ts';
import { InboxError, operatorInboxRoutes } from '../../../src/ingest/inbox.ts';
import { operatorRouter } from '../../../src/operate/operator.ts';
import { StoreError } from '../../../src/store/errors.ts';
import { sql } from '../../../src/store/sql/database.ts';
import { bench, code, fault, idOf, message, VIA } from './support.ts';

const refusedWith = (code: string) => (error: unknown) => error instanceof InboxError && error.code === code;

test('a message that cannot be converted is answered AE with the place, and listed as a dead letter', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  const answer = await inbox.receive(message({ birth: 'never' }), VIA);
  assert.equal(code(answer), 'AE');
  assert.match(fault(answer), /^PID\^1\^7\S* 102$/);
  const [letter, ...others] = await inbox.deadLetters.list();
  assert.deepEqual(letter?.failure, { code: '102', location: 'PID-7' });
  assert.equal(others.length, 0);
  const again = await inbox.receive(message({ birth: 'never' }), VIA);
  assert.deepEqual(again.now, answer.now);
});

test('a message whose body cannot be read is kept as a dead letter under its control id', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  const bytes = Buffer.concat([message(), Buffer.from('no segment at all\r')]);
  const answer = await inbox.receive(bytes, VIA);
  assert.equal(code(answer), 'AE');
  assert.match(fault(answer), / 100$/);
  const [letter] = await inbox.deadLetters.list();
  assert.deepEqual((await inbox.deadLetters.show(letter!.id)).message, bytes);
});

test('showing a dead letter is audited before it is shown', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  const bytes = message({ birth: 'never' });
  await inbox.receive(bytes, VIA);
  const [letter] = await inbox.deadLetters.list();
  desk.store.before = () => Promise.reject(new StoreError('CLOSED', 'away'));
  await assert.rejects(inbox.deadLetters.show(letter!.id));
  desk.store.before = async () => {};
  assert.deepEqual((await inbox.deadLetters.show(letter!.id)).message, bytes);
  assert.equal(desk.store.audits.length, 1);
});

test('a corrected dead letter is processed, once, and the original is kept and linked', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  await inbox.receive(message({ birth: 'never' }), VIA);
  const [dead] = await inbox.deadLetters.list();
  await assert.rejects(inbox.deadLetters.replay(dead!.id), refusedWith('REPLAY_REFUSED'));
  assert.equal((await inbox.deadLetters.list()).length, 1, 'what could not be replayed stays');
  const replays = await Promise.allSettled([
    inbox.deadLetters.replay(dead!.id, message()),
    inbox.deadLetters.replay(dead!.id, message()),
  ]);
  const done = replays.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const refused = replays.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  assert.deepEqual(
    done.map(({ status, replays }) => [status, replays]),
    [['processed', dead!.id]],
  );
  assert.ok(refused.length === 1 && refusedWith('ALREADY_REPLAYED')(refused[0]));
  assert.equal((await desk.store.read('Patient', idOf('P1')))?.version, 1);
  assert.equal((await inbox.deadLetters.list()).length, 0);
  const [linked] = await inbox.deadLetters.list({ replayed: true });
  assert.equal(linked?.replayedBy, done[0]?.id);
  await assert.rejects(inbox.deadLetters.replay(done[0]!.id), refusedWith('NOT_DEAD'));
  await assert.rejects(inbox.deadLetters.replay('nothing'), refusedWith('NOT_FOUND'));
});

test('a store that is away for a while only delays a message', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  let tries = 0;
  desk.store.before = async () => {
    tries += 1;
    if (tries < 4) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
  };
  await inbox.receive(message(), VIA);
  await inbox.settled();
  assert.equal(tries, 4);
  assert.equal(inbox.stats().processed, 1);
});

test('a message that the store refuses for good is a dead letter with the code, and its lane goes on', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  desk.store.before = async (unit) => {
    const [first] = unit.changes;
    const name = first?.op === 'merge' ? JSON.stringify(first.resource['name']) : '';
    if (name.includes('Bad')) throw FhirError.of(422, 'invariant', 'no', 'Patient.name[0]');
    if (name.includes('Erased')) throw new StoreError('KEY_MISSING', 'the key is gone');
  };
  await inbox.receive(message({ control: 'A', name: 'Bad^1', modes: 'NE|NE' }), VIA);
  await inbox.receive(message({ control: 'B', name: 'Erased^2' }), VIA);
  await inbox.receive(message({ control: 'C', name: 'Good^3' }), VIA);
  await inbox.settled();
  const letters = await inbox.deadLetters.list();
  assert.deepEqual(
    letters.map(({ failure }) => failure),
    [{ code: 'FHIR_422', location: 'Patient.name[0]' }, { code: 'KEY_MISSING' }],
  );
  assert.equal((await desk.store.read('Patient', idOf('P1')))?.version, 1);
});

test('tries are counted: what keeps failing is a dead letter in the end', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open({ limits: { maxAttempts: 3, retryMs: 1 } });
  desk.store.before = async () => {
    throw FhirError.of(412, 'conflict', 'busy');
  };
  const answer = await inbox.receive(message({ modes: 'NE|AL' }), VIA);
  const later = await answer.later;
  assert.equal(code(later), 'AE');
  assert.match(fault(later), / 207$/);
  const [letter] = await inbox.deadLetters.list();
  assert.equal(letter?.attempts, 3);
  assert.deepEqual(letter?.failure, { code: 'FHIR_412' });
});

test('content that was tampered with is not processed', async (t) => {
  const desk = await bench(t);
  const stuck = await desk.open();
  desk.store.before = () => Promise.reject(new Error('away'));
  await stuck.receive(message(), VIA);
  await stuck.close();
  desk.store.before = async () => {};
  await sql`update inbox set content = set_byte(content, 40, (get_byte(content, 40) + 1) % 256)`.execute(
    desk.db,
  );
  const inbox = await desk.open();
  await inbox.settled();
  assert.deepEqual((await inbox.deadLetters.list())[0]?.failure, { code: 'CONTENT_DAMAGED' });
});

test('the operator lists, shows, corrects and replays dead letters on the command line', async (t) => {
  const desk = await bench(t);
  const inbox = await desk.open();
  const folder = await mkdtemp(join(tmpdir(), 'mooring-replay-'));
  const app = express();
  app.use('/operator', await operatorRouter(folder, [operatorInboxRoutes(inbox)], desk.logger));
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  t.after(async () => {
    await new Promise((closed) => server.close(closed));
    await rm(folder, { recursive: true });
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const mooring = async (...args: string[]) => {
    const said = { out: [] as string[], err: [] as string[], exitCode: 0 };
    const terminal = {
      out: (line: string) => said.out.push(line),
      err: (line: string) => said.err.push(line),
      get exitCode() {
        return said.exitCode;
      },
      set exitCode(code) {
        said.exitCode = code;
      },
    };
    const program = new Command().exitOverride();
    addReplay(program, terminal as never);
    await program.parseAsync(['replay', ...args, '--url', url, '--data-dir', folder], { from: 'user' });
    return said;
  };

  assert.deepEqual((await mooring()).out, ['no dead letters']);
  await inbox.receive(message({ control: 'A', birth: 'never' }), VIA);
  await inbox.receive(message({ control: 'B', birth: 'never', patient: 'P2' }), VIA);
  const listed = (await mooring()).out;
  assert.match(listed[0]!, /^\S+ {2}\d{4}-\S+ {2}\d+ bytes {2}error 102 at PID-7$/);
  assert.doesNotMatch(listed.join(), /Quillfeather|P2/);
  const [first, second] = listed.map((line) => line.split(' ', 1)[0]!);
  assert.match((await mooring(first!, '--show')).out[0]!, /^MSH[\s\S]*\nPID\|1\|\|P1/);
  await assert.rejects(mooring(first!), /422: error 102 at PID-7/);

  const file = join(folder, 'corrected.hl7');
  await writeFile(file, message({ control: 'A' }).toString().replaceAll('\r', '\n'));
  assert.match(
    (await mooring(first!, '--with', file)).out[0]!,
    new RegExp(`^${first} {2}processed {2}as \\S+$`),
  );
  assert.equal((await desk.store.read('Patient', idOf('P1')))?.version, 1);

  const all = await mooring('--all');
  assert.equal(all.exitCode, 1);
  assert.match(all.err[0]!, new RegExp(`^${second} .*422`));
  assert.equal((await mooring('--replayed')).out.length, 2);
  assert.equal((await mooring(first!, '--all')).exitCode, 2);
  assert.equal((await mooring('--show')).exitCode, 2);
  await assert.rejects(mooring('nothing'), /404/);
});
