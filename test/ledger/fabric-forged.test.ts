// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { verifyFabricEvidence } from '../../src/ledger/fabric/verify.ts';
import { issue } from './forge/certificates.ts';
import { AT, EXPECTED, Forge } from './forge/evidence.ts';
import { common } from './forge/protos.ts';
import { signAs } from './forge/transaction.ts';

describe('forged evidence', () => {
  const forge = new Forge();
  const reasonOf = (...wishes: Parameters<Forge['evidence']>) => {
    const verdict = verifyFabricEvidence(forge.evidence(...wishes), forge.trusted, EXPECTED);
    return verdict.ok ? 'accepted' : verdict.reason;
  };
  const hospital = forge.member('HospitalMSP', 'peer');
  const clinic = forge.member('ClinicMSP', 'peer');
  const with2 = (other: typeof clinic) => ({ transaction: { endorsers: [hospital, other] } });

  test('genuine evidence made in the same way is accepted', () => {
    assert.equal(reasonOf(), 'accepted');
    const affiliated = forge.member('ClinicMSP', 'peer', { ou: ['peer', 'ward 3'] });
    assert.equal(reasonOf(with2(affiliated)), 'accepted');
  });

  test('an endorser counts only with a valid peer certificate of the organization it names', () => {
    const clinicAuthority = forge.authorities.get('ClinicMSP');
    const authority = issue({ cn: 'a peer that issues', ou: ['peer'] }, clinicAuthority);
    const bad: Record<string, [typeof clinic, RegExp]> = {
      'of another organization’s authority': [
        forge.member('ClinicMSP', 'peer', {}, forge.authorities.get('HospitalMSP')),
        /authority/,
      ],
      'signed by itself': [
        forge.member('ClinicMSP', 'peer', {}, issue({ cn: 'ca.ClinicMSP', ca: true })),
        /authority/,
      ],
      'issued by a peer': [forge.member('ClinicMSP', 'peer', {}, authority), /authority/],
      'of an organization that is not trusted': [
        forge.member('PharmacyMSP', 'peer', {}, clinicAuthority),
        /not trusted/,
      ],
      'not valid any more': [
        forge.member('ClinicMSP', 'peer', { to: '2026-05-31' }),
        /not valid at 2026-06-01/,
      ],
      'not valid yet': [forge.member('ClinicMSP', 'peer', { from: '2026-06-02' }), /not valid at/],
      'of a client': [forge.member('ClinicMSP', 'client'), /not one of peer/],
      'of nothing': [forge.member('ClinicMSP', 'peer', { ou: [] }), /not one of peer/],
      'of a peer and a client at once': [
        forge.member('ClinicMSP', 'peer', { ou: ['peer', 'client'] }),
        /not one of peer/,
      ],
      'of an authority': [forge.member('ClinicMSP', 'peer', { ca: true }), /authority's/],
      'that is none': [
        { mspId: 'ClinicMSP', holder: { ...clinic.holder, certificate: 'x' } },
        /can't be read/,
      ],
    };
    for (const [what, [other, reason]] of Object.entries(bad)) {
      assert.match(reasonOf(with2(other)), /endorsed by 1 organizations where 2 are needed/, what);
      assert.match(reasonOf(with2(other)), reason, what);
      assert.match(reasonOf({ attestation: { endorsers: [hospital, other] } }), reason, what);
    }
  });

  test('one organization is one, however often it endorses', () => {
    const another = forge.member('HospitalMSP', 'peer');
    for (const endorsers of [[hospital], [hospital, hospital], [hospital, another], []]) {
      assert.match(reasonOf({ transaction: { endorsers } }), /where 2 are needed/);
      assert.match(reasonOf({ attestation: { endorsers } }), /where 2 are needed/);
    }
  });

  test('signatures are in the one form that Fabric takes, by the key of the certificate', () => {
    const high = (member: typeof clinic, bytes: Uint8Array) =>
      signAs(member, bytes, member.mspId === 'ClinicMSP');
    const longer = (member: typeof clinic, bytes: Uint8Array) =>
      Buffer.concat([signAs(member, bytes), Buffer.of(0)]);
    const other = (_member: typeof clinic, bytes: Uint8Array) => signAs(hospital, bytes);
    for (const sign of [high, other]) {
      assert.match(
        reasonOf({ transaction: { endorsers: [hospital, clinic], sign } }),
        /is wrong|not signed by who/,
      );
      assert.match(reasonOf({ attestation: { endorsers: [hospital, clinic], sign } }), /is wrong/);
    }
    const highOrderer: typeof signAs = (member, bytes) => signAs(member, bytes, true);
    for (const ordererSigns of [highOrderer, longer, other])
      assert.match(reasonOf({ ordererSigns }), /not signed by the orderer/);
    assert.match(reasonOf({ transaction: { sign: longer } }), /not signed by who made it/);
  });

  test('blocks are signed by orderers alone', () => {
    assert.match(reasonOf({ orderer: forge.member('OrdererMSP', 'peer') }), /not one of orderer/);
    assert.match(reasonOf({ orderer: forge.member('HospitalMSP', 'orderer') }), /not trusted/);
    assert.match(
      reasonOf({ orderer: forge.member('OrdererMSP', 'orderer', { to: '2026-02-01' }) }),
      /not valid/,
    );
  });

  test('a block without a signature is nobody’s', () => {
    const evidence = forge.evidence();
    const block = common.Block.deserializeBinary(Buffer.from(evidence['block'] ?? '', 'base64'));
    block.getMetadata()?.setMetadataList([new Uint8Array(0)]);
    const unsigned = { ...evidence, block: Buffer.from(block.serializeBinary()).toString('base64') };
    const verdict = verifyFabricEvidence(unsigned, forge.trusted, EXPECTED);
    assert.deepEqual(verdict, { ok: false, reason: 'no orderer has signed the block' });
  });

  test('what is written is what was asked for, and names the transaction that wrote it', () => {
    const { origin, size, root } = EXPECTED;
    const key = ['', 'checkpoint', origin, size.padStart(20, '0'), ''].join('\u0000');
    const otherRoot = Buffer.alloc(32).toString('base64');
    const elsewhere = JSON.stringify({ origin, root, size, transactionId: 'c'.repeat(64) });
    for (const [value, reason] of [
      [() => elsewhere, /names another transaction/],
      [
        (transactionId: string) => JSON.stringify({ origin, root: otherRoot, size, transactionId }),
        /another checkpoint than/,
      ],
      [() => 'no json', /another checkpoint than/],
    ] as const)
      assert.match(reasonOf({ transaction: { writes: (id) => ({ [key]: value(id) }) } }), reason);
  });

  test('in the confirmation every signature holds, also one more than are needed', () => {
    const laboratory = forge.member('LaboratoryMSP', 'peer');
    const sign = (member: typeof clinic, bytes: Uint8Array) =>
      signAs(member === laboratory ? clinic : member, bytes);
    const three = { endorsers: [hospital, clinic, laboratory] };
    assert.equal(reasonOf({ transaction: { ...three, sign }, attestation: three }), 'accepted');
    assert.match(reasonOf({ attestation: { ...three, sign } }), /wrong signature/);
  });

  test('the transaction is what it says, of who says so', () => {
    const reasons: [Parameters<Forge['evidence']>[0], RegExp][] = [
      [
        {
          transaction: { creator: forge.member('PharmacyMSP', 'client', {}, issue({ cn: 'ca', ca: true })) },
        },
        /not trusted/,
      ],
      [{ transaction: { otherId: 'a'.repeat(64) } }, /id is not that of its maker/],
      [{ transaction: { otherProposal: true } }, /answer to something else/],
      [{ transaction: { status: 500 } }, /refused/],
      [{ transaction: { channel: 'research' } }, /another channel/],
      [{ transaction: { chaincode: 'other' } }, /another chaincode/],
      [{ transaction: { args: ['records:RegisterHolder', 'x'] } }, /commits no checkpoint/],
      [{ transaction: { writes: () => ({}) } }, /writes no checkpoint/],
      [{ transaction: { at: Date.parse('2040-01-01') } }, /not valid at 2040/],
    ];
    for (const [wish, reason] of reasons) assert.match(reasonOf(wish), reason);
  });

  test('the confirmation is of this checkpoint, on this channel, and names this transaction', () => {
    const { origin, size, root } = EXPECTED;
    const value = (id: string) =>
      JSON.stringify({ origin, root, size, timestamp: new Date(AT).toISOString(), transactionId: id });
    const reasons: [NonNullable<Parameters<Forge['evidence']>[0]>['attestation'] & object, RegExp][] = [
      [{ args: ['records:GetCheckpoint', origin, '4'] }, /something else/],
      [{ args: ['records:LatestCheckpoint', origin] }, /something else/],
      [{ channel: 'research' }, /another channel/],
      [{ chaincode: 'other' }, /another chaincode/],
      [{ response: () => '' }, /another checkpoint, or not by this/],
      [{ response: () => value('b'.repeat(64)) }, /another checkpoint, or not by this/],
      [{ otherProposal: true }, /answer to something else/],
      [{ status: 404 }, /refused/],
      [{ at: Date.parse('2040-01-01') }, /not valid at 2040/],
    ];
    for (const [attestation, reason] of reasons) assert.match(reasonOf({ attestation }), reason);
  });
});
