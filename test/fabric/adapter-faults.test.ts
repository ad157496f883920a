// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { FabricChannel } from '../../src/ledger/fabric/fabric.ts';
import type { LedgerBlock } from '../../src/ledger/ledger.ts';
import { change, newPatient, refused, register, submit, unique } from '../ledger/network.ts';
import { blockBytes } from './adapter-blocks.ts';
import { startTestNetwork, type TestFabric } from './support/network.ts';
import { fabricTools } from './support/tools.ts';

const LANES = 4;

const tools = fabricTools();

describe('a bridge on a Fabric network with faults', { skip: 'skip' in tools && tools.skip }, () => {
  let fabric: TestFabric;
  let hospital: FabricChannel;
  let clinic: FabricChannel;
  before(async () => {
    fabric = await startTestNetwork({ basePort: 21_500, hospitalPeers: 2 });
    [hospital, clinic] = await Promise.all([fabric.open('hospital'), fabric.open('clinic')]);
    await register(hospital.ledger, 'hospital', 'hospital', 'HospitalMSP');
  });
  after(() => fabric?.close());

  /** Follows into a list, until stopped. */
  const followInto = (channel: FabricChannel, from: bigint) => {
    const stop = new AbortController();
    const blocks: LedgerBlock[] = [];
    const done = (async () => {
      for await (const block of channel.ledger.follow(from, stop.signal)) blocks.push(block);
    })();
    return {
      blocks,
      async until(height: bigint) {
        for (const end = Date.now() + 30_000; from + BigInt(blocks.length) < height; await pause(20))
          assert.ok(Date.now() < end, `block ${height} did not come`);
        stop.abort();
        await done;
      },
    };
  };
  const changesOf = (blocks: readonly LedgerBlock[], id: string): string[] =>
    blocks
      .flatMap(({ events }) => events)
      .map(({ payload }) => JSON.parse(Buffer.from(payload).toString('utf8')))
      .filter((content) => content.id === id)
      .map(({ status }) => status);
  const assertGapless = (blocks: readonly LedgerBlock[], from: bigint) =>
    blocks.forEach(({ number }, index) => {
      assert.equal(number, from + BigInt(index));
    });

  test('peers of the own organization stop and start in turn: nothing is lost, nothing done twice, no block skipped', async () => {
    const from = await hospital.ledger.height();
    const follower = followInto(hospital, from);
    const ids = Array.from({ length: LANES }, () => unique('practitioner'));
    await Promise.all(ids.map((id) => register(hospital.ledger, id, 'practitioner', 'HospitalMSP')));
    let going = true;
    const lanes = ids.map(async (id) => {
      const done: string[] = ['active'];
      while (going) {
        const suspended = done.at(-1) === 'active';
        await submit(hospital.ledger, 'participants', suspended ? 'Suspend' : 'Reinstate', id);
        done.push(suspended ? 'suspended' : 'active');
      }
      return done;
    });
    for (const name of ['hospital-peer0', 'hospital-peer1']) {
      await pause(500);
      await fabric.network.kill(name);
      await pause(1_500);
      await fabric.network.start(name);
      await fabric.network.ready();
    }
    going = false;
    const wanted = await Promise.all(lanes);
    await follower.until(await clinic.ledger.height());
    assertGapless(follower.blocks, from);
    for (const [lane, id] of ids.entries()) {
      assert.ok(wanted[lane]!.length > 5, 'the lane moved');
      assert.deepEqual(changesOf(follower.blocks, id), wanted[lane]);
    }
  });

  test('many who change the same thing at once all get through, one after the other', async () => {
    const id = unique('practitioner');
    await register(hospital.ledger, id, 'practitioner', 'HospitalMSP');
    const from = await hospital.ledger.height();
    const follower = followInto(hospital, from);
    const all = Array.from({ length: 6 }, () => submit(hospital.ledger, 'participants', 'Suspend', id));
    const ids = (await Promise.all(all)).map(({ transactionId }) => transactionId);
    assert.equal(new Set(ids).size, 6);
    await follower.until(await hospital.ledger.height());
    assert.equal(changesOf(follower.blocks, id).length, 6);
  });

  test('the own contract’s process dies: the other organizations endorse', async () => {
    await fabric.network.kill('hospital-chaincode');
    const id = unique('practitioner');
    await register(hospital.ledger, id, 'practitioner', 'HospitalMSP');
    await fabric.network.start('hospital-chaincode');
    await fabric.network.ready();
    assert.equal(JSON.parse(await read(clinic, id)).id, id);
  });

  test('the leading orderer dies: what it had taken is committed all the same, and once', async () => {
    const from = await hospital.ledger.height();
    const follower = followInto(hospital, from);
    const ids = Array.from({ length: 12 }, () => unique('practitioner'));
    const all = ids.map(async (id, index) => {
      await pause(index * 100);
      await register(hospital.ledger, id, 'practitioner', 'HospitalMSP');
    });
    await pause(500);
    const leader = await fabric.network.leader('exchange');
    assert.ok(leader, 'an orderer leads');
    await fabric.network.kill(leader);
    await Promise.all(all);
    await follower.until(await hospital.ledger.height());
    for (const id of ids) assert.deepEqual(changesOf(follower.blocks, id), ['active']);
    await fabric.network.start(leader);
  });

  test('other organizations’ peers tell their own copy of a block, and nobody has one that is still to come', async () => {
    const { blockNumber, agreed, peers } = await hospital.explorer.agreement();
    assert.ok(agreed && blockNumber !== undefined, 'the peers agree');
    assert.deepEqual(
      peers.map(({ mspId, blockHash }) => [mspId, blockHash]),
      ['HospitalMSP', 'ClinicMSP', 'LaboratoryMSP'].map((mspId) => [mspId, peers[0]?.blockHash]),
    );
    assert.equal(await hospital.explorer.block(1_000_000n), undefined);
    assert.equal(await hospital.explorer.transaction('0'.repeat(64)), undefined);
  });

  test('a transaction that is too large is refused as such, and harms nobody', async () => {
    const args = ['log.example/large', '1', 'x'.repeat(5 * 1024 * 1024), '[]'];
    await assert.rejects(submit(hospital.ledger, 'records', 'Checkpoint', ...args), refused('TOO_LARGE'));
    const largest = args.with(2, 'x'.repeat(4_000_000));
    await assert.rejects(
      submit(hospital.ledger, 'records', 'Checkpoint', ...largest),
      refused('ARGUMENT_INVALID'),
    );
    await register(hospital.ledger, unique('practitioner'), 'practitioner', 'HospitalMSP');
  });

  test('terms of a consent and details of an access are in no byte of any block', async () => {
    const from = await hospital.ledger.height();
    const patient = await newPatient(hospital.ledger);
    const recipient = `practitioner-${randomBytes(12).toString('hex')}`;
    const provision = { type: 'permit', actor: [{ participant: recipient }] } as const;
    const salt = randomBytes(32);
    const consent = unique('consent');
    await change(hospital.ledger, patient, { consent, provision, salt });
    const request = {
      subject: patient.subject,
      custodian: 'hospital',
      recipient,
      purpose: 'TREAT',
      action: 'access',
    };
    await register(hospital.ledger, 'recipient-of-hospital', 'practitioner', 'HospitalMSP');
    const access = Buffer.from(
      JSON.stringify({
        requests: [{ ...request, recipient: 'recipient-of-hospital' }],
        salt: salt.toString('base64'),
      }),
    );
    await hospital.ledger.submit({ contract: 'access', name: 'Request', args: [], transient: { access } });
    const blocks = await blockBytes(await fabric.connection('hospital'), 'exchange', from);
    assert.ok(
      blocks.some((bytes) => bytes.includes(consent)),
      'the ids are in the blocks',
    );
    for (const bytes of blocks)
      for (const secret of [recipient, salt, salt.toString('base64'), 'TREAT'])
        assert.equal(bytes.indexOf(secret), -1);
  });

  test('without any peer of the own organization it says so soon, and goes on when one is back', async () => {
    await Promise.all(['hospital-peer0', 'hospital-peer1'].map((name) => fabric.network.stop(name)));
    const since = Date.now();
    const unavailable = refused('UNAVAILABLE');
    await assert.rejects(hospital.ledger.height(), unavailable);
    await assert.rejects(submit(hospital.ledger, 'participants', 'Suspend', 'hospital'), unavailable);
    await assert.rejects(read(hospital, 'hospital'), unavailable);
    assert.ok(Date.now() - since < 15_000, `three answers took ${Date.now() - since} ms`);
    assert.deepEqual(
      hospital.peers().map(({ ok }) => ok),
      [false, false],
    );
    await fabric.network.start('hospital-peer1');
    // The peer has to find the others again before a majority can endorse.
    const goesOn = () =>
      submit(hospital.ledger, 'participants', 'Suspend', 'hospital').then(
        () => true,
        (error) => assert.equal(error.code, 'UNAVAILABLE'),
      );
    for (const end = Date.now() + 45_000; !(await goesOn()); )
      assert.ok(Date.now() < end, 'it did not go on');
    await submit(hospital.ledger, 'participants', 'Reinstate', 'hospital');
    await fabric.network.start('hospital-peer0');
    await fabric.network.ready();
  });

  test('a bridge opens while nobody is there, and closes', async () => {
    const own = await fabric.connection('hospital');
    const [peer] = own.peers;
    const { openFabric } = await import('../../src/ledger/fabric/fabric.ts');
    const { pino } = await import('pino');
    const nowhere = { ...own, peers: [{ ...peer!, address: '127.0.0.1:21999' }] };
    const [channel] = openFabric(nowhere, ['exchange'], pino({ level: 'silent' }));
    assert.ok(channel, 'it opens');
    const stop = new AbortController();
    const following = (async () => {
      for await (const _ of channel.ledger.follow(0n, stop.signal)) assert.fail('a block came');
    })();
    await assert.rejects(channel.ledger.height(), refused('UNAVAILABLE'));
    await channel.close();
    await following;
    await assert.rejects(channel.ledger.height(), refused('CLOSED'));
  });

  test('a follower from a block that is still to come waits for it', async () => {
    const height = await hospital.ledger.height();
    const follower = followInto(hospital, height + 1n);
    for (let each = 0; each < 2; each += 1)
      await register(hospital.ledger, unique('practitioner'), 'practitioner', 'HospitalMSP');
    await follower.until(height + 2n);
    assertGapless(follower.blocks, height + 1n);
  });

  async function read(channel: FabricChannel, id: string): Promise<string> {
    const answer = await channel.ledger.evaluate({ contract: 'participants', name: 'Read', args: [id] });
    return Buffer.from(answer).toString('utf8');
  }
});
