// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { acknowledgementMode } from '../../../src/ingest/ack.ts';
import { readBytes } from '../../../src/ingest/hl7/charset.ts';
import { Hl7Error } from '../../../src/ingest/hl7/errors.ts';
import { fixtures } from './fixtures.ts';

test('every fixture is read, has a control id of its own and asks for the original mode', () => {
  const ids = new Set<string>();
  const kinds = new Set<string>();
  for (const { name, bytes } of fixtures()) {
    const { message } = readBytes(bytes);
    assert.equal(acknowledgementMode(message).mode, 'original', name);
    const { header } = message;
    kinds.add(`${header.value(9)}^${header.value(9, 1, 2)}`);
    ids.add(`${header.raw(3)} ${header.raw(4)} ${header.value(10)}`);
  }
  assert.equal(ids.size, fixtures().length);
  const covered = [
    'ADT^A01',
    'ADT^A03',
    'ADT^A04',
    'ADT^A08',
    'ADT^A11',
    'ADT^A13',
    'ADT^A40',
    'ORU^R01',
    'VXU^V04',
  ];
  assert.deepEqual([...kinds].sort(), covered);
});

test('text of every character set is read as its sender meant it', () => {
  const names = Object.fromEntries(
    fixtures().map(({ name, bytes }) => [
      name.slice(0, 3),
      readBytes(bytes).message.segment('PID')?.value(5),
    ]),
  );
  assert.equal(names['060'], 'Größenberger');
  assert.equal(names['061'], 'Größenberger');
  assert.equal(names['062'], '瀬戸内');
  assert.equal(names['063'], 'Zvezdarič');
  assert.equal(names['065'], 'O’Flannagáin');
  assert.equal(names['066'], 'Ångström');
});

interface Expected {
  readonly error: string;
  readonly location: string;
}

test('what makes an invalid fixture unreadable is found where it is', () => {
  const file = new URL('../../../fixtures/hl7-invalid/expected.json', import.meta.url);
  const expected = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Expected>;
  let unreadable = 0;
  for (const { name, bytes } of fixtures('hl7-invalid')) {
    try {
      readBytes(bytes);
    } catch (error) {
      assert.ok(error instanceof Hl7Error);
      const { segment, sequence, field } = error.location!;
      const location = [segment, sequence, field].filter((part) => part !== undefined).join('^');
      assert.deepEqual(
        { error: error.code, location },
        { error: expected[name]?.error, location: expected[name]?.location },
      );
      unreadable++;
    }
    assert.ok(expected[name], name);
  }
  assert.equal(unreadable, 5);
});
