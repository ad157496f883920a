// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyFabricEvidence } from '../../../src/ledger/fabric/verify.ts';
import { rootOf } from '../../ledger/merkle.ts';
import { checkpoint, submit, unique } from '../../ledger/network.ts';
import type { TestFabric } from './network.ts';

/** Takes a peer away and gives it back. */
export function evidenceBehaviour(fabric: () => TestFabric): void {
  test('what one organization committed, another one verifies offline, also with peers away', async () => {
    const { network, open } = fabric();
    const [hospital, clinic] = [await open('hospital'), await open('clinic')];
    const origin = unique('log.example/hospital');
    const leaves = ['a', 'b', 'c'];
    const [{ transactionId, blockNumber }] = await Promise.all([
      checkpoint(hospital.ledger, origin, leaves),
      submit(hospital.ledger, 'records', 'RegisterHolder', unique('subject')),
    ]);
    const evidence: unknown = JSON.parse(JSON.stringify(await hospital.ledger.evidence(transactionId)));
    await network.stop('laboratory-peer0');
    const expected = { origin, size: '3', root: rootOf(leaves).toString('base64') };
    for (const { trust } of [hospital, clinic]) {
      const verdict = verifyFabricEvidence(evidence, trust, expected);
      assert.ok(verdict.ok, JSON.stringify(verdict));
      assert.deepEqual([verdict.transactionId, verdict.blockNumber], [transactionId, blockNumber.toString()]);
    }
    // Made anew while one of three organizations is away.
    const again = await clinic.ledger.evidence(transactionId);
    assert.ok(verifyFabricEvidence(again, clinic.trust, expected).ok);
    await assert.rejects(clinic.ledger.evidence('0'.repeat(64)), { code: 'TRANSACTION_NOT_FOUND' });
    const { agreed, peers } = await hospital.explorer.agreement();
    assert.equal(agreed, true);
    assert.deepEqual(
      peers.map(({ mspId, problem }) => [mspId, problem !== undefined]),
      [
        ['HospitalMSP', false],
        ['ClinicMSP', false],
        ['LaboratoryMSP', true],
      ],
    );
    await network.start('laboratory-peer0');
  });
}
