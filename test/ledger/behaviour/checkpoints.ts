// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { consistencyProof } from '../merkle.ts';
import {
  ask,
  checkpoint,
  checkpointArgs,
  type Members,
  refused,
  seenBy,
  submit,
  unique,
} from '../network.ts';

/** What the contract accepts as growth of a log. */
export function checkpointsBehaviour(members: () => Members): void {
  describe('checkpoints', () => {
    let hospital: Ledger;
    let clinic: Ledger;
    before(() => {
      ({ hospital, clinic } = members());
    });

    const leaves = Array.from({ length: 21 }, (_, index) => `leaf ${index}`);

    test('each checkpoint extends the one before and can be read again', async () => {
      const origin = unique('log.example/hospital');
      assert.equal(
        (await hospital.evaluate({ contract: 'records', name: 'LatestCheckpoint', args: [origin] })).length,
        0,
      );
      await checkpoint(hospital, origin, leaves.slice(0, 3));
      await checkpoint(hospital, origin, leaves.slice(0, 8), 3);
      const committed = await checkpoint(hospital, origin, leaves, 8);
      await seenBy(clinic, committed);
      const latest = await ask<{ size: string; transactionId: string }>(
        clinic,
        'records',
        'LatestCheckpoint',
        origin,
      );
      assert.deepEqual([latest.size, latest.transactionId], ['21', committed.transactionId]);
      assert.deepEqual(await ask(clinic, 'records', 'GetCheckpoint', origin, '21'), latest);
      assert.equal((await ask<{ size: string }>(clinic, 'records', 'GetCheckpoint', origin, '3')).size, '3');
    });

    test('a log that lost or rewrote a leaf is refused, whatever proof comes with it', async () => {
      const origin = unique('log.example/hospital');
      await checkpoint(hospital, origin, leaves.slice(0, 8));
      const dropped = leaves.toSpliced(2, 1);
      const rewritten = leaves.with(5, 'another leaf');
      for (const forged of [dropped, rewritten]) {
        for (const proof of [consistencyProof(8, forged), consistencyProof(8, leaves), []]) {
          const args = checkpointArgs(forged, proof);
          await assert.rejects(
            submit(hospital, 'records', 'Checkpoint', origin, ...args),
            refused('CHECKPOINT_NOT_CONSISTENT'),
          );
        }
      }
      await checkpoint(hospital, origin, leaves, 8);
    });

    test('a smaller log, and one of equal size with another root, is refused', async () => {
      const origin = unique('log.example/hospital');
      await checkpoint(hospital, origin, leaves.slice(0, 8));
      await assert.rejects(checkpoint(hospital, origin, leaves.slice(0, 7)), refused('CHECKPOINT_SMALLER'));
      const other = leaves.slice(0, 8).with(0, 'x');
      await assert.rejects(checkpoint(hospital, origin, other), refused('CHECKPOINT_NOT_CONSISTENT'));
    });

    test('the same checkpoint again is a duplicate, also when the log has grown since', async () => {
      const origin = unique('log.example/hospital');
      await checkpoint(hospital, origin, leaves.slice(0, 8));
      await assert.rejects(checkpoint(hospital, origin, leaves.slice(0, 8)), refused('CHECKPOINT_DUPLICATE'));
      await checkpoint(hospital, origin, leaves, 8);
      await assert.rejects(checkpoint(hospital, origin, leaves.slice(0, 8)), refused('CHECKPOINT_DUPLICATE'));
    });

    test('nobody writes to another organization’s log', async () => {
      const origin = unique('log.example/hospital');
      await seenBy(clinic, await checkpoint(hospital, origin, leaves.slice(0, 8)));
      await assert.rejects(checkpoint(clinic, origin, leaves, 8), refused('ORIGIN_FOREIGN'));
    });

    test('malformed sizes, roots and proofs are refused as arguments', async () => {
      const origin = unique('log.example/hospital');
      const [size, root, proof] = checkpointArgs(leaves, []);
      const wrong = [
        ['-1', root, proof],
        ['007', root, proof],
        ['9223372036854775808', root, proof],
        [size, 'AAAA', proof],
        [size, root, 'no json'],
        [size, root, '{}'],
        [size, root, '["AAAA"]'],
        [size, root, JSON.stringify(Array(65).fill(root))],
      ];
      for (const args of wrong)
        await assert.rejects(
          submit(hospital, 'records', 'Checkpoint', origin, ...args),
          refused('ARGUMENT_INVALID'),
        );
    });
  });
}
