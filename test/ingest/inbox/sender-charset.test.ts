// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from '../../../src/ingest/inbox/inspect.ts';
import { message, normalizer } from './support.ts';

test('a message on its way in is read in the character set that is set for its facility', () => {
  const bytes = Buffer.from(message({ name: 'Łukasz' }).toString().replace('Ł', '\u00a3'), 'latin1');
  const charsets = (facility: string) => (facility === 'HARBOUR' ? '8859/2' : undefined);
  const name = (seen: ReturnType<typeof inspect>) => seen.message?.segment('PID')?.value(5);
  assert.equal(name(inspect(bytes, normalizer)), '£ukasz');
  const set = { ...normalizer, charsets };
  assert.equal(name(inspect(bytes, set)), 'Łukasz');
});
