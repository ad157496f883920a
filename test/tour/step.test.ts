// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { play } from '../../src/tour/step.ts';

test('a step that is not as expected, or fails, is named at the end, and the others are played all the same', async () => {
  const lines: string[] = [];
  const terminal = { out: (line: string) => lines.push(line), err: () => {}, exitCode: 0 };
  const wrong = await play(
    [
      { title: 'well', run: async () => ({ sent: 'a', got: 'b', asExpected: true }) },
      { title: 'other than promised', run: async () => ({ sent: 'a', got: 'c', asExpected: false }) },
      { title: 'broken', run: () => Promise.reject(new Error('no answer')) },
    ],
    terminal,
  );
  assert.deepEqual(wrong, ['other than promised', 'broken']);
  assert.match(lines.join('\n'), /as expected[\s\S]*NOT AS EXPECTED[\s\S]*failed: no answer/);
});
