// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ROOT } from './setting.ts';

const folder = mkdtempSync(join(tmpdir(), 'mooring-convert-'));
after(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly code: number;
  readonly out: string[];
  readonly err: string[];
}

function convert(args: readonly string[], input?: Buffer): Promise<Ran> {
  const lines = (text: string) => text.split('\n').filter(Boolean);
  const options = { maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    const command = [join(ROOT, 'bin/mooring'), 'convert', ...args];
    const child = execFile(process.execPath, command, options, (error, out, err) => {
      resolve({ code: Number(error?.code ?? 0), out: lines(out), err: lines(err) });
    });
    child.stdin?.end(input);
  });
}

const MESSAGE = readFileSync(join(ROOT, 'fixtures/hl7/010-adt-a01-harbour-wrong-patient.hl7'));
const batch = (messages: number, said: number) =>
  Buffer.concat([
    Buffer.from('FHS|^~\\&|NIGHT\rBHS|^~\\&|NIGHT\r'),
    ...Array<Buffer>(messages).fill(MESSAGE),
    Buffer.from(`BTS|${said}\rFTS|1\r`),
  ]);

test('a batch in a file or from standard input gives a Bundle for each of its messages', async () => {
  const file = join(folder, 'batch.hl7');
  writeFileSync(file, batch(300, 300));
  const { code, out, err } = await convert([file]);
  assert.deepEqual([code, out.length, err], [0, 300, []]);
  const piped = await convert(['-'], batch(300, 300));
  assert.deepEqual(piped, { code, out, err });
});

test('a batch in UTF-16 gives the same Bundles as in ASCII', async () => {
  const wide = Buffer.from(`\ufeff${batch(2, 2).toString('latin1')}`, 'utf16le');
  const [one, other] = [await convert(['-'], batch(2, 2)), await convert(['-'], wide)];
  assert.deepEqual([one.code, one.out.length, other.out], [0, 2, one.out]);
});

test('a batch of which a part is missing is converted, reported, and ends with 1', async () => {
  const { code, out, err } = await convert(['-'], batch(2, 3));
  assert.deepEqual([code, out.length], [1, 2]);
  assert.deepEqual(err, ['-: BTS-1 says 3 messages, but 2 came']);
  const cut = batch(2, 2);
  const open = await convert(['-'], cut.subarray(0, cut.indexOf('BTS')));
  assert.deepEqual([open.code, open.out.length, open.err.length], [1, 2, 2]);
});

test('a file that can not be read, or holds nothing, is named and ends with 1', async () => {
  const empty = join(folder, 'empty.hl7');
  writeFileSync(empty, '\r\n');
  const { code, err } = await convert([empty]);
  assert.deepEqual([code, err], [1, [`${empty}: it holds no message`]]);
});
