// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, channelNames, readConfig } from '../src/config.ts';

test('the first channel is the home channel; each stands there once', () => {
  const names = (channels: string) => channelNames(readConfig({ MOORING_CHANNELS: channels }));
  assert.deepEqual(names('exchange'), ['exchange']);
  assert.deepEqual(names('exchange,research,my-consents,x'), ['exchange', 'research', 'my-consents', 'x']);
  for (const wrong of ['', ',', 'a,', 'A', 'a,b,a', 'b,a,a', 'consents', 'a,consents', 'consents,a', 'a b'])
    assert.throws(() => names(wrong), { name: 'ConfigError', message: /MOORING_CHANNELS/ }, wrong);
});

test('a variable that is no setting, and a value that can not be one, are each named', () => {
  assert.throws(
    () => readConfig({ MOORING_LEGDER: 'fabric', MOORING_LEDGER: 'paper', MOORING_HTTP_PORT: 'x' }),
    (error: Error) =>
      error instanceof ConfigError &&
      ['MOORING_LEGDER', 'MOORING_LEDGER', 'MOORING_HTTP_PORT'].every((name) => error.message.includes(name)),
  );
});
