// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from '../../src/store/sql/turns.ts';

test('the session has one holder at a time; the urgent go first, and each kind in the order in which it came', async () => {
  const turns = new Turns();
  const order: string[] = [];
  let holders = 0;
  const first = await turns.take(false);
  const hold = async (name: string, urgent: boolean) => {
    const giveBack = await turns.take(urgent);
    assert.equal(++holders, 1);
    order.push(name);
    await new Promise((soon) => setImmediate(soon));
    holders--;
    giveBack();
    giveBack();
  };
  const all = [
    hold('a', false),
    hold('b', false),
    hold('ack 1', true),
    hold('c', false),
    hold('ack 2', true),
  ];
  first();
  await Promise.all(all);
  assert.deepEqual(order, ['ack 1', 'ack 2', 'a', 'b', 'c']);
  (await turns.take(false))();
});
