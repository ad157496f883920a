// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readBytes } from '../../../src/ingest/hl7/charset.ts';
import { Hl7Error } from '../../../src/ingest/hl7/errors.ts';
import { fixtures } from './fixtures.ts';

test('every fixture is read and has a control id of its own', () => {
  const ids = new Set<string>();
  const kinds = new Set<string>();
  for (const { bytes } of fixtures()) {
    const { message } = readBytes(bytes);
    const { header } = message;
    kinds.add(`${header.value(9)}^${header.value(9, 1, 2)}`);
    ids.add(`${header.raw(3)} ${header.raw(4)} ${header.value(10)}`);
  }
  assert.equal(ids.size, fixtures().length);
  // All that hospitals send and the guide or we have a map for.
  const families = 'ACK ADT BAR DFT MDM OMG OML OMP ORM ORU OUL PPR QBP RAS RDE RDS REF RSP SIU VXU'.split(
    ' ',
  );
  for (const family of families)
    assert.ok(
      [...kinds].some((kind) => kind.startsWith(`${family}^`)),
      family,
    );
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
