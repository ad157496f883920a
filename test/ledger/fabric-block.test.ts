// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readBlock } from '../../src/ledger/fabric/block.ts';
import { isLowS } from '../../src/ledger/fabric/ecdsa.ts';
import { BlockError, readMessage } from '../../src/ledger/fabric/wire.ts';
import { readRecorded } from './recorded/recorded.ts';

const { blocks } = readRecorded();
const bytesOf = (text: string) => Buffer.from(text, 'base64');

describe('blocks', () => {
  test('the first block of a channel, one of Fabric’s own and one with a loser can be read', () => {
    for (const [block, name] of [
      [blocks.first, undefined],
      [blocks.deployment, '_lifecycle'],
      [blocks.conflict, 'mooring'],
    ] as const) {
      const read = readBlock(bytesOf(block));
      assert.ok(read.hasDataHash);
      assert.ok(read.transactions.every(({ transaction }) => transaction?.call?.chaincodes[0] === name));
    }
    assert.equal(readBlock(bytesOf(blocks.first)).number, 0n);
  });

  test('a message has one spelling: nothing twice, unknown, in another order, longer than needed, or of another kind', () => {
    const shape = { text: [1, 'bytes'], count: [2, 'number'], more: [3, 'repeated'] } as const;
    const read = (hex: string) => readMessage(Buffer.from(hex, 'hex'), 'message', shape);
    assert.deepEqual(read('0a01781001'), { text: Buffer.from('x'), count: 1n, more: [] });
    assert.deepEqual(
      read('1a001a0179').more.map((each) => each.length),
      [0, 1],
    );
    const wrong = [
      '0a01780a0178',
      '2201780a',
      '220178',
      '10010a0178',
      '108100',
      '8a000178',
      '0801',
      '1201',
      '0a00',
      '1000',
      '0b0c',
      '0d00000000',
      '0a02',
      '0affffffff0f',
      '10ffffffffffffffffff02',
      '10ff',
    ];
    for (const hex of wrong) assert.throws(() => read(hex), BlockError, hex);
  });

  test('of signatures only the shortest spelling counts', () => {
    const low = '3006020101020101';
    assert.ok(isLowS(Buffer.from(low, 'hex')));
    for (const hex of [
      '',
      '30',
      '3007020101020101ff',
      '3006020101020181',
      '300702010102020001',
      '3106020101020101',
      '3006020101030101',
      '3005020101020101',
      '30060201010201',
      '30040201010200',
    ])
      assert.ok(!isLowS(Buffer.from(hex, 'hex')), hex);
  });

  test('bytes that are no block end as a BlockError, never otherwise', () => {
    const real = bytesOf(blocks.conflict);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(real.length), (noise, at) => {
        for (const bytes of [
          noise,
          Buffer.concat([real.subarray(0, at), noise]),
          Buffer.concat([noise, real]),
        ]) {
          try {
            readBlock(bytes);
          } catch (error) {
            assert.ok(error instanceof BlockError);
          }
        }
      }),
      { numRuns: 300 },
    );
    // Fields of millions of bytes that aren't there, and groups within groups.
    for (const hostile of [
      Buffer.from('12ffffffff0f', 'hex'),
      Buffer.alloc(1_000_000, 0x0b),
      Buffer.alloc(1_000_000, 0xff),
    ])
      assert.throws(() => readBlock(hostile), BlockError);
  });
});
