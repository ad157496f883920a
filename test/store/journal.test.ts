// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Journal, readRecords } from '../../src/store/sql/journal.ts';
import { ownFolder } from './folders.ts';

const entry = (text: string) => ({ schema: 'hospital', statements: [{ text, params: [text, 7n, null] }] });

async function write(path: string, texts: readonly string[], together: boolean): Promise<void> {
  const { journal, records } = await Journal.open(path);
  const from = records.length;
  const pending = [];
  for (const [index, text] of texts.entries()) {
    const appended = journal.append(from + index + 1, entry(text));
    if (together) pending.push(appended);
    else await appended;
  }
  await Promise.all(pending);
  await journal.close();
}

test('what was appended is there after opening anew, in order, parameters as they were', async (t) => {
  const path = join(await ownFolder(t), 'journal');
  await write(path, ['a', 'b'], false);
  await write(path, ['c', 'd', 'e'], true);
  const { journal, records } = await Journal.open(path);
  await journal.close();
  assert.deepEqual(
    records.map(({ position, statements }) => [position, statements[0]?.text]),
    [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [4, 'd'],
      [5, 'e'],
    ],
  );
  assert.deepEqual(records[0]?.statements[0]?.params, ['a', 7n, null]);
});

test('a power cut at any byte of the last record loses that record and no other', async (t) => {
  const path = join(await ownFolder(t), 'journal');
  await write(path, ['first', 'second'], false);
  const { length: keptBytes } = await readFile(path);
  await write(path, ['third'], false);
  const whole = await readFile(path);
  for (let cut = keptBytes; cut < whole.length; cut++) {
    await writeFile(path, whole);
    await truncate(path, cut);
    const { journal, records } = await Journal.open(path);
    assert.equal(records.length, 2);
    await journal.append(3, entry('again'));
    await journal.close();
    assert.equal(readRecords(await readFile(path)).records.length, 3);
  }
});

test('a power cut that leaves rubbish in the last record loses that record and no other', async (t) => {
  const path = join(await ownFolder(t), 'journal');
  await write(path, ['first', 'second'], false);
  const { length: keptBytes } = await readFile(path);
  await write(path, ['third'], false);
  const whole = await readFile(path);
  fc.assert(
    fc.property(
      fc.integer({ min: keptBytes, max: whole.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, flip) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] as number) ^ flip;
        assert.equal(readRecords(bytes).records.length, 2);
      },
    ),
    { numRuns: 300 },
  );
});

test('records of the torn batch may survive its tear: nobody was told of them', async (t) => {
  const path = join(await ownFolder(t), 'journal');
  await write(path, ['kept'], false);
  const { length: keptBytes } = await readFile(path);
  await write(path, ['torn', 'whole', 'whole too'], true);
  const bytes = await readFile(path);
  bytes.fill(0, keptBytes, keptBytes + 40);
  const { records, endBytes } = readRecords(bytes);
  assert.deepEqual([records.length, endBytes], [1, keptBytes]);
});

test('damage to a record that had been acknowledged is refused, not cut off', async (t) => {
  const path = join(await ownFolder(t), 'journal');
  await write(path, ['first', 'second', 'third'], false);
  const whole = await readFile(path);
  const last = whole.lastIndexOf('MJR1');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: last - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ flip;
      assert.throws(() => readRecords(bytes), { code: 'JOURNAL_DAMAGED' });
    }),
    { numRuns: 300 },
  );
});

test('a disk that fails is told to everyone who waits and to everyone after', async (t) => {
  const path = join(await ownFolder(t), 'journal');
  const { journal } = await Journal.open(path);
  await journal.append(1, entry('kept'));
  await journal.close();
  await assert.rejects(journal.append(2, entry('lost')), { code: 'JOURNAL_FAILED' });
  await assert.rejects(journal.append(3, entry('lost')), { code: 'JOURNAL_FAILED' });
  await assert.rejects(journal.synced(), { code: 'JOURNAL_FAILED' });
});
