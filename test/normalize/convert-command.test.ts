// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { addConvert } from '../../src/cli/convert.ts';
import { runCommand } from './command.ts';
import { fixtureNames, ROOT } from './setting.ts';

const mooring = (...args: string[]) => runCommand(addConvert, 'convert', ...args);

const hl7 = (name: string) => join(ROOT, 'fixtures', name);

test('mooring convert prints a Bundle a message and exits 0', async () => {
  const { out, err, code } = await mooring(hl7('hl7'));
  assert.equal(code, 0, err.join('\n'));
  assert.equal(out.length, fixtureNames.length);
  for (const line of out) assert.equal(JSON.parse(line).type, 'transaction');
  assert.match(out[0]!, /"value":71\.50,/);
});

test('mooring convert --explain prints where each value came from', async () => {
  const { out } = await mooring('--explain', hl7('hl7/067-adt-a08-z-segments.hl7'));
  const { bundle, origins, unmapped, issues } = JSON.parse(out[0]!);
  assert.equal(bundle.resourceType, 'Bundle');
  assert.ok(origins.length > 20);
  assert.deepEqual(unmapped[0], { segment: 'ZHB', sequence: 1, field: 1, repetition: 1 });
  assert.deepEqual(issues, []);
});

test('messages that fail are named on stderr, the others converted, and the exit code is 1', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'convert-'));
  try {
    const good = await readFile(hl7('hl7/010-adt-a01-harbour-wrong-patient.hl7'));
    const bad = await readFile(hl7('hl7-invalid/011-impossible-birth-date.hl7'));
    await writeFile(join(folder, 'batch.hl7'), Buffer.concat([good, bad, good]));
    const { out, err, code } = await mooring(folder, join(folder, 'missing.hl7'));
    assert.equal(code, 1);
    assert.equal(out.length, 2);
    assert.equal(out[0], out[1]);
    assert.match(err[0]!, /missing\.hl7/);
    assert.match(err[1]!, /batch\.hl7 message 2: .*PID-7/);
    assert.doesNotMatch(err.join(), /Nodate|Nestor|Q9000011|19830230/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('another id secret gives other ids; a wrong option is wrong usage', async () => {
  const file = hl7('hl7/010-adt-a01-harbour-wrong-patient.hl7');
  const secret = join(ROOT, 'package.json');
  const [mine, other] = [await mooring(file), await mooring('--id-secret', secret, file)];
  assert.notEqual(mine.out[0], other.out[0]);
  assert.equal((await mooring('--zone', 'CET', file)).code, 2);
  assert.equal((await mooring()).code, 2);
  assert.equal((await mooring('--id-secret', '/nowhere/at/all', file)).code, 2);
});

test('who stops reading the output gets no error: mooring convert | head ends quietly', async () => {
  const child = spawn(process.execPath, [join(ROOT, 'bin/mooring'), 'convert', '--explain', hl7('hl7')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const [code] = await once(child, 'close');
  assert.deepEqual([err, code], ['', 0]);
});
