// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { accessBehaviour } from './behaviour/access.ts';
import { checkpointsBehaviour } from './behaviour/checkpoints.ts';
import { consentsBehaviour } from './behaviour/consents.ts';
import { holdersBehaviour } from './behaviour/holders.ts';
import { participantsBehaviour } from './behaviour/participants.ts';
import { checkpoint, refused, register, submit, type TestNetwork, unique } from './network.ts';

/** What every ledger must do with our contract; `open` gives a hospital (`HospitalMSP`) and a clinic (`ClinicMSP`) on one channel. */
export function ledgerBehaviour(name: string, open: () => Promise<TestNetwork>): void {
  describe(`ledger: ${name}`, () => {
    let network: TestNetwork;
    let hospital: Ledger;
    let clinic: Ledger;
    const hospitalId = unique('hospital');
    const clinicId = unique('clinic');
    const members = () => ({ hospital, clinic, hospitalId, clinicId });
    before(async () => {
      network = await open();
      ({ hospital, clinic } = network);
      await register(hospital, hospitalId, 'hospital', 'HospitalMSP');
      await register(clinic, clinicId, 'clinic', 'ClinicMSP');
    });
    after(() => network.close());

    participantsBehaviour(members);
    checkpointsBehaviour(members);
    consentsBehaviour(members);
    accessBehaviour(members);
    holdersBehaviour(members);

    test('a transaction that does not exist, or with other arguments, is refused', async () => {
      await assert.rejects(submit(hospital, 'records', 'Forget', 'x'), refused('TRANSACTION_UNKNOWN'));
      await assert.rejects(submit(hospital, 'records', 'constructor'), refused('TRANSACTION_UNKNOWN'));
      await assert.rejects(submit(hospital, 'records', 'Checkpoint', 'x'), refused('TRANSACTION_UNKNOWN'));
    });

    test('followers get every block in order, exactly once, also those from before they came', async () => {
      const origin = unique('log.example/hospital');
      const from = await hospital.height();
      const leaves = ['a', 'b', 'c', 'd'];
      await checkpoint(hospital, origin, leaves.slice(0, 1));
      const stop = new AbortController();
      const sizes: string[] = [];
      const numbers: bigint[] = [];
      const following = (async () => {
        for await (const { number, events } of clinic.follow(from, stop.signal)) {
          numbers.push(number);
          for (const { payload } of events) {
            const content = JSON.parse(Buffer.from(payload).toString('utf8'));
            if (content.origin === origin) sizes.push(content.size);
          }
          if (sizes.length === leaves.length) stop.abort();
        }
      })();
      for (let size = 2; size <= leaves.length; size += 1)
        await checkpoint(hospital, origin, leaves.slice(0, size), size - 1);
      await following;
      assert.deepEqual(sizes, ['1', '2', '3', '4']);
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => from + BigInt(index)),
      );
    });

    test('the height counts the blocks: the newest one is the last that a follower gets', async () => {
      const { blockNumber } = await submit(hospital, 'records', 'RegisterHolder', unique('subject'));
      const height = await hospital.height();
      assert.ok(height > blockNumber);
      const stop = new AbortController();
      let last: bigint | undefined;
      for await (const { number } of hospital.follow(height - 1n, stop.signal)) {
        last = number;
        stop.abort();
      }
      assert.equal(last, height - 1n);
    });
  });
}
