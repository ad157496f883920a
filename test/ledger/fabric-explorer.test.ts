// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBlock } from '../../src/ledger/fabric/block.ts';
import { fabricExplorer } from '../../src/ledger/fabric/explorer.ts';
import type { FabricQueries } from '../../src/ledger/fabric/queries.ts';
import { LedgerError } from '../../src/ledger/ledger.ts';
import { readRecorded } from './recorded/recorded.ts';

const { blocks, transactionId } = readRecorded();
const conflict = Buffer.from(blocks.conflict, 'base64');
const deployment = Buffer.from(blocks.deployment, 'base64');
const first = Buffer.from(blocks.first, 'base64');
const NUMBER = readBlock(conflict).number;

/** Peers that have the recorded blocks, each in its own way. */
function explorer(peers: Readonly<Record<string, Partial<Pick<FabricQueries, 'block' | 'chainInfo'>>>> = {}) {
  const known = new Map([conflict, deployment, first].map((bytes) => [readBlock(bytes).number, bytes]));
  const block = async (number: bigint) => known.get(number);
  const chainInfo = async () => ({ height: NUMBER + 1n, currentBlockHash: new Uint8Array(32) });
  return fabricExplorer(
    {
      block: (number, mspId = '') => (peers[mspId]?.block ?? block)(number),
      blockOf: async (id) => (id === transactionId ? conflict : undefined),
      chainInfo: (mspId = '') => (peers[mspId]?.chainInfo ?? chainInfo)(),
    },
    ['HospitalMSP', 'ClinicMSP', 'LaboratoryMSP'],
  );
}

const away = { chainInfo: () => Promise.reject(new LedgerError('UNAVAILABLE', 'no peer answers')) };

test('a block of a Fabric channel shows who ordered it, who endorsed what, and what was not valid', async () => {
  const block = await explorer().block(NUMBER);
  assert.ok(block);
  assert.equal(block.hash.length, 64);
  assert.deepEqual(
    block.signers.map(({ mspId }) => mspId),
    ['OrdererMSP'],
  );
  const mine = block.transactions.find(({ id }) => id === transactionId);
  assert.deepEqual([mine?.valid, mine?.call?.contract, mine?.call?.name], [true, 'records', 'Checkpoint']);
  assert.equal(mine?.submitter.mspId, 'HospitalMSP');
  assert.ok((mine?.endorsers.length ?? 0) >= 2);
  assert.deepEqual(
    mine?.events.map(({ name }) => name),
    ['CheckpointCommitted'],
  );
  const lost = block.transactions.find(({ valid }) => !valid);
  assert.equal(lost?.validation, 'MVCC_READ_CONFLICT');
  assert.deepEqual(await explorer().transaction(transactionId), mine);
  assert.equal(await explorer().transaction('0'.repeat(64)), undefined);
  assert.equal(await explorer().block(NUMBER + 1n), undefined);
});

test('Fabric’s own transactions are shown, too', async () => {
  const configuration = await explorer().block(0n);
  assert.equal(configuration?.transactions[0]?.call, undefined);
  assert.equal(configuration?.previousHash, '');
  const deployed = await explorer().block(readBlock(deployment).number);
  assert.equal(deployed?.transactions[0]?.call?.contract, '_lifecycle');
});

test('peers of all organizations agree on the hash of the newest block that all have', async () => {
  const { agreed, blockNumber, peers } = await explorer().agreement();
  assert.deepEqual([agreed, blockNumber, peers.length], [true, NUMBER, 3]);
  assert.equal(new Set(peers.map(({ blockHash }) => blockHash)).size, 1);
  const behind = { chainInfo: async () => ({ height: 1n, currentBlockHash: new Uint8Array(32) }) };
  const late = await explorer({ ClinicMSP: behind }).agreement();
  assert.deepEqual([late.agreed, late.blockNumber], [true, 0n]);
});

test('an organization whose peers are away is listed with its problem, and the others still agree', async () => {
  const { agreed, peers } = await explorer({ ClinicMSP: away }).agreement();
  assert.equal(agreed, true);
  assert.deepEqual(peers[1], { mspId: 'ClinicMSP', problem: 'UNAVAILABLE' });
  const nobody = await explorer({ HospitalMSP: away, ClinicMSP: away, LaboratoryMSP: away }).agreement();
  assert.deepEqual([nobody.agreed, nobody.blockNumber], [false, undefined]);
});

test('a peer that has another block, or another content under the same header, is found out', async () => {
  const other = await explorer({ ClinicMSP: { block: async () => deployment } }).agreement();
  assert.equal(other.agreed, false);
  // One bit of a transaction: the header, and with it the hash, stay as they are.
  const changed = Buffer.from(conflict);
  const at = changed.indexOf('subject-of-an-invented-patient');
  assert.ok(at > 0);
  changed[at]! ^= 1;
  const { peers } = await explorer({ ClinicMSP: { block: async () => changed } }).agreement();
  assert.deepEqual(peers[1], { mspId: 'ClinicMSP', height: NUMBER + 1n, problem: 'BLOCK_CHANGED' });
});
