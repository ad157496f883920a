// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readBlock } from '../../src/ledger/fabric/block.ts';
import { makeFabricEvidence } from '../../src/ledger/fabric/evidence.ts';
import { verifyFabricEvidence } from '../../src/ledger/fabric/verify.ts';
import { readTrustedLedger } from '../../src/ledger/read-trust.ts';
import { Forge } from './forge/evidence.ts';
import { readRecorded } from './recorded/recorded.ts';

const { trusted, expected, evidence, transactionId, blocks } = readRecorded();
const bytesOf = (text: unknown) => Buffer.from(text as string, 'base64');
const verdictOf = (changed: unknown) => verifyFabricEvidence(changed, trusted, expected);

describe('evidence of a real Fabric channel', () => {
  test('verifies offline, and says who endorsed the checkpoint, in which block, and when', () => {
    const verdict = verdictOf(evidence);
    assert.ok(verdict.ok, JSON.stringify(verdict));
    assert.equal(verdict.transactionId, transactionId);
    assert.equal(verdict.blockNumber, readBlock(bytesOf(blocks.conflict)).number.toString());
    for (const signers of [verdict.endorsers, verdict.attestedBy])
      assert.ok(new Set(signers.map(({ mspId }) => mspId)).size >= 2);
    assert.deepEqual(
      verdict.orderers.map(({ mspId }) => mspId),
      ['OrdererMSP'],
    );
    assert.match(verdict.detail, /endorsed by \w+MSP \(.*block|block .*endorsed by \w+MSP \(/);
    assert.match(verdict.detail, /all certificates valid at 20\d\d-/);
  });

  test('with any bit of its bytes changed, any byte added or left out, it is refused', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('block', 'attestation'),
        fc.nat(),
        fc.nat(7),
        fc.constantFrom('flip', 'add', 'drop'),
        (member, place, bit, how) => {
          const bytes = bytesOf(evidence[member]);
          const at = place % bytes.length;
          const changed = Buffer.from(bytes);
          changed[at]! ^= 1 << bit;
          const others = {
            flip: changed,
            add: Buffer.concat([bytes.subarray(0, at + 1), Buffer.of(bit), bytes.subarray(at + 1)]),
            drop: Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]),
          };
          const verdict = verdictOf({ ...evidence, [member]: others[how].toString('base64') });
          assert.equal(verdict.ok, false, `${member}, byte ${at}: ${how}`);
        },
      ),
      { numRuns: 600 },
    );
  });

  test('names what is wrong with what is no evidence', () => {
    const wrong: readonly [unknown, RegExp][] = [
      [undefined, /form/],
      [{}, /form/],
      [{ ...evidence, kind: 'embedded' }, /form/],
      [{ ...evidence, block: 'no base64!' }, /form/],
      [{ ...evidence, block: '' }, /missing/],
      [{ ...evidence, attestation: undefined }, /nobody confirms/],
      [{ ...evidence, more: 1 }, /members/],
      [{ ...evidence, transactionId: '0'.repeat(64) }, /not in the block/],
      [{ ...evidence, block: blocks.conflict }, /notes/],
    ];
    for (const [changed, reason] of wrong) {
      const verdict = verdictOf(changed);
      assert.ok(!verdict.ok);
      assert.match(verdict.reason, reason);
    }
  });

  test('shows the expected checkpoint on the trusted channel and no other', () => {
    const root = Buffer.alloc(32, 1).toString('base64');
    for (const other of [{ origin: 'log.example/clinic' }, { size: '4' }, { root }])
      assert.equal(verifyFabricEvidence(evidence, trusted, { ...expected, ...other }).ok, false);
    for (const other of [
      { channel: 'research' },
      { chaincode: 'other' },
      { endorsements: 3 },
      { organizations: [] },
      { orderers: [] },
    ])
      assert.equal(verifyFabricEvidence(evidence, { ...trusted, ...other }, expected).ok, false);
    // Another network with organizations of the same names.
    const { organizations, orderers } = new Forge().trusted;
    assert.equal(verifyFabricEvidence(evidence, { ...trusted, organizations }, expected).ok, false);
    assert.equal(verifyFabricEvidence(evidence, { ...trusted, orderers }, expected).ok, false);
  });

  test('is made only of a transaction that was valid', async () => {
    const losers = readBlock(bytesOf(blocks.conflict)).transactions.filter(
      ({ validation }) => validation !== 'VALID',
    );
    assert.deepEqual(
      losers.map(({ validation }) => validation),
      ['MVCC_READ_CONFLICT'],
    );
    const queries = {
      blockOf: async () => bytesOf(blocks.conflict),
      endorsed: async () => assert.fail('nothing to confirm'),
    };
    const lost = losers[0]?.transaction?.id ?? '';
    await assert.rejects(makeFabricEvidence(queries, lost), { code: 'TRANSACTION_NOT_FOUND' });
    await assert.rejects(makeFabricEvidence({ ...queries, blockOf: async () => undefined }, lost), {
      code: 'TRANSACTION_NOT_FOUND',
    });
  });

  test('of a transaction that lost to another one is refused: the state has what the winner wrote', () => {
    const lost = readBlock(bytesOf(blocks.conflict)).transactions.find(
      ({ validation }) => validation !== 'VALID',
    );
    const verdict = verdictOf({ ...evidence, transactionId: lost?.transaction?.id });
    assert.ok(!verdict.ok);
    assert.match(verdict.reason, /another checkpoint, or not by this transaction/);
  });
});

describe('trust in a Fabric channel', () => {
  test('is read whole or refused by the name of the member that is wrong', () => {
    assert.deepEqual(readTrustedLedger(JSON.parse(JSON.stringify(trusted))), trusted);
    const { organizations } = trusted;
    const [first] = organizations;
    const peer = new Forge().member('HospitalMSP', 'peer').holder.certificate;
    const wrong: readonly [object, RegExp][] = [
      [{ kind: 'other' }, /kind/],
      [{ channel: '' }, /channel/],
      [{ chaincode: 1 }, /chaincode/],
      [{ endorsements: 0 }, /endorsements/],
      [{ endorsements: organizations.length + 1 }, /endorsements/],
      [{ organizations: [] }, /organizations/],
      [{ organizations: [first, first] }, /twice/],
      [{ organizations: [{ ...first, certificates: [] }] }, /organizations\[0\].certificates/],
      [{ organizations: [{ ...first, certificates: ['x'] }] }, /organizations\[0\].certificates\[0\]/],
      [{ organizations: [{ ...first, certificates: [peer] }] }, /authority/],
      [{ orderers: undefined }, /orderers/],
    ];
    for (const [change, reason] of wrong)
      assert.throws(() => readTrustedLedger({ ...trusted, ...change }), { message: reason });
  });
});
