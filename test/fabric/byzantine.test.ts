// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { canonicalJson } from '@mooring/chaincode/canonical';
import { signedChange } from '@mooring/chaincode/commitment';
import type { Participant } from '@mooring/chaincode/participant';
import { CONSENT_JWS_TYPE, KEY_JWS_TYPE, thumbprint } from '@mooring/chaincode/signature';
import type { ConsentTerms } from '@mooring/chaincode/terms';
import { detachedJws, generatePatientKey } from '../../src/consent/sign.ts';
import { connectMllp } from '../../src/ingest/mllp-client.ts';
import type { ExploredTransaction } from '../../src/ledger/explorer.ts';
import type { FabricChannel } from '../../src/ledger/fabric/fabric.ts';
import type { Transaction } from '../../src/ledger/ledger.ts';
import { consistencyProof } from '../ledger/merkle.ts';
import {
  ask,
  change,
  checkpoint,
  checkpointArgs,
  newPatient,
  refused,
  register,
  seenBy,
  submit,
  type TestPatient,
  unique,
} from '../ledger/network.ts';
import { endAll, type Running } from '../network/harness.ts';
import { admission, code } from '../network/messages.ts';
import { checkpointsOf } from './support/anchored.ts';
import { altered, type RawClient, rawClient } from './support/endorse.ts';
import { withLiar } from './support/liar.ts';
import { startTestNetwork, type TestFabric } from './support/network.ts';
import { rewriteLog } from './support/rewrite.ts';
import { fabricTools } from './support/tools.ts';

const BASE_PORT = 25_500;
const ORIGIN = 'mooring.example/hospital';
const WAIT_MS = 30_000;

const tools = fabricTools();

describe('a Fabric network with members that lie', {
  skip: 'skip' in tools && tools.skip,
  timeout: 300_000,
}, () => {
  let fabric: TestFabric;
  let hospital: FabricChannel;
  let clinic: FabricChannel;
  let laboratory: FabricChannel;
  let asHospital: RawClient;
  let asClinic: RawClient;

  before(async () => {
    fabric = await startTestNetwork({ basePort: BASE_PORT });
    hospital = await fabric.open('hospital');
    clinic = await fabric.open('clinic');
    laboratory = await fabric.open('laboratory');
    asHospital = rawClient(await fabric.connection('hospital'));
    asClinic = rawClient(await fabric.connection('clinic'));
    await register(hospital.ledger, 'harbour', 'hospital', 'HospitalMSP');
    await register(clinic.ledger, 'north', 'clinic', 'ClinicMSP');
  });
  after(async () => {
    await endAll();
    asHospital?.close();
    asClinic?.close();
    await fabric?.close();
  });

  /** Every organization's peer by itself, so that none of them only follows another. */
  async function refusedByEach(who: RawClient, refusal: string, transaction: Transaction): Promise<void> {
    assert.deepEqual(await who.askEach(transaction), {
      HospitalMSP: refusal,
      ClinicMSP: refusal,
      LaboratoryMSP: refusal,
    });
  }

  /** Until no peer answers from before this transaction. */
  async function everywhere(committed: { readonly blockNumber: bigint }): Promise<void> {
    await Promise.all([hospital, clinic, laboratory].map(({ ledger }) => seenBy(ledger, committed)));
  }

  test('a log that lost or rewrote a leaf is refused by every peer, whatever proof comes with it', async () => {
    const origin = unique('log.example/hospital');
    const leaves = Array.from({ length: 13 }, (_, at) => `leaf ${at}`);
    await everywhere(await checkpoint(hospital.ledger, origin, leaves.slice(0, 8)));
    const asked = (log: readonly string[], proof: readonly Buffer[]) =>
      call('records', 'Checkpoint', origin, ...checkpointArgs(log, proof));
    const inconsistent = 'CHECKPOINT_NOT_CONSISTENT';
    for (const forged of [leaves.toSpliced(2, 1), leaves.with(5, 'another leaf')])
      for (const proof of [consistencyProof(8, forged), consistencyProof(8, leaves), []])
        await refusedByEach(asHospital, inconsistent, asked(forged, proof));
    await refusedByEach(asHospital, inconsistent, asked(leaves.slice(0, 8).with(0, 'another leaf'), []));
    await refusedByEach(asHospital, 'CHECKPOINT_SMALLER', asked(leaves.slice(0, 7), []));
    await checkpoint(hospital.ledger, origin, leaves, 8);
  });

  test("nobody writes in another organization's name: every peer refuses it", async () => {
    const origin = unique('log.example/hospital');
    const patient = await newPatient(hospital.ledger);
    await everywhere(await checkpoint(hospital.ledger, origin, ['one', 'two']));
    const { publicJwk } = generatePatientKey();
    const key = canonicalJson(publicJwk);
    const grown = checkpointArgs(['one', 'two', 'three'], consistencyProof(2, ['one', 'two', 'three']));
    await refusedByEach(asClinic, 'ORIGIN_FOREIGN', call('records', 'Checkpoint', origin, ...grown));
    for (const foreign of [
      call('participants', 'Register', unique('ward'), 'practitioner', 'HospitalMSP', ''),
      call('participants', 'Suspend', 'harbour'),
      call('participants', 'RotateKey', patient.subject, key, ''),
      grant(patient, {}),
    ])
      await refusedByEach(asClinic, 'NOT_AUTHORIZED', foreign);
  });

  test("a patient's signature that is forged, or is from elsewhere, is refused by every peer", async () => {
    const [patient, other] = [await newPatient(hospital.ledger), await newPatient(hospital.ledger)];
    const granted = unique('consent');
    await everywhere(await change(hospital.ledger, patient, { consent: granted }));
    const forger: TestPatient = { ...patient, privateJwk: generatePatientKey().privateJwk };
    for (const forged of [
      grant(forger, {}),
      grant(patient, {}, { consent: granted }),
      grant(patient, {}, { version: 2 }),
      grant(patient, {}, { status: 'revoked' }),
      grant(patient, {}, { provision: { type: 'permit', actor: [{ participant: 'north' }] } }),
      grant({ ...patient, subject: other.subject }, {}),
      grant({ ...patient, subject: other.subject }, {}, { subject: patient.subject }),
    ])
      await refusedByEach(asHospital, 'SIGNATURE_INVALID', forged);
  });

  test('a key that was replaced signs nothing any more', async () => {
    const patient = await newPatient(hospital.ledger);
    const { publicJwk, privateJwk } = generatePatientKey();
    const payload = { participant: patient.subject, newKey: thumbprint(publicJwk as never) };
    const jws = detachedJws(payload, patient.privateJwk, KEY_JWS_TYPE);
    const rotated = [patient.subject, canonicalJson(publicJwk), jws];
    await everywhere(await submit(hospital.ledger, 'participants', 'RotateKey', ...rotated));
    await refusedByEach(asHospital, 'SIGNATURE_INVALID', grant(patient, {}));
    await change(hospital.ledger, { ...patient, privateJwk }, { consent: unique('consent') });
  });

  for (const [liar, lie, named] of [
    ['clinic', 'changes', 'another organization whose contract writes something else'],
    ['clinic', 'refuses', 'another organization whose contract refuses everything'],
    ['hospital', 'changes', 'the own contract, where it writes something else,'],
  ] as const)
    test(`${named} is outvoted by the two that agree`, async () => {
      await withLiar(fabric.network, liar, lie, async () => {
        const probe = call('participants', 'Register', unique('ward'), 'practitioner', 'HospitalMSP', '');
        await assert.rejects(asHospital.endorse(probe, 'HospitalMSP', 'ClinicMSP'), 'the lie is told');
        for (let each = 0; each < 3; each += 1) {
          const id = unique('ward');
          const committed = await register(hospital.ledger, id, 'practitioner', 'HospitalMSP');
          const found = await hospital.explorer.transaction(committed.transactionId);
          const honest = liar === 'clinic' ? 'HospitalMSP' : 'ClinicMSP';
          assert.deepEqual(found?.endorsers.map(({ mspId }) => mspId).sort(), [honest, 'LaboratoryMSP']);
          await seenBy(laboratory.ledger, committed);
          const kept = await laboratory.ledger.evaluate(call('participants', 'Read', id));
          assert.equal((JSON.parse(Buffer.from(kept).toString('utf8')) as Participant).status, 'active');
        }
      });
      const { peers } = await hospital.explorer.agreement();
      assert.deepEqual(
        peers.map(({ blockHash }) => blockHash),
        Array(3).fill(peers[0]?.blockHash ?? 'a hash'),
      );
    });

  test('an organization that lies to itself gets nothing committed', async () => {
    await withLiar(fabric.network, 'clinic', 'impersonates', async () => {
      const id = unique('ward');
      const foreign = call('participants', 'Register', id, 'practitioner', 'HospitalMSP', '');
      const alone = await asClinic.endorse(foreign, 'ClinicMSP');
      assert.equal(await asClinic.handIn(alone.getBytes()), 'ENDORSEMENT_POLICY_FAILURE');
      // With the others it is theirs that counts.
      await assert.rejects(
        submit(clinic.ledger, 'participants', 'Suspend', 'harbour'),
        refused('NOT_AUTHORIZED'),
      );
      for (const { ledger } of [hospital, laboratory]) {
        await assert.rejects(ask(ledger, 'participants', 'Read', id), refused('PARTICIPANT_UNKNOWN'));
        assert.equal((await ask<Participant>(ledger, 'participants', 'Read', 'harbour')).status, 'active');
      }
    });
    assert.equal((await ask<Participant>(clinic.ledger, 'participants', 'Read', 'harbour')).status, 'active');
  });

  test('a transaction that is handed in again, by whomever, is committed once', async () => {
    const id = unique('ward');
    const from = await hospital.ledger.height();
    const registered = call('participants', 'Register', id, 'practitioner', 'HospitalMSP', '');
    const endorsed = await asHospital.endorse(registered, 'HospitalMSP', 'LaboratoryMSP');
    const envelope = () => endorsed.getBytes();
    await endorsed.submit();
    assert.equal(await asHospital.handIn(envelope()), 'VALID');
    await asClinic.handIn(envelope());
    // What was handed in before it is in the blocks up to this one.
    const { blockNumber } = await register(hospital.ledger, unique('ward'), 'practitioner', 'HospitalMSP');
    const all: ExploredTransaction[] = [];
    for (let number = from; number <= blockNumber; number += 1n)
      all.push(...((await hospital.explorer.block(number))?.transactions ?? []));
    const same = all.filter((each) => each.id === endorsed.getTransactionId());
    assert.deepEqual(
      same.map(({ validation }) => validation),
      ['VALID', ...Array(same.length - 1).fill('DUPLICATE_TXID')],
    );
    assert.ok(same.length > 1, 'it was handed in more than once');
    let told = 0;
    for await (const block of hospital.ledger.follow(from, AbortSignal.timeout(WAIT_MS))) {
      told += block.events.filter(
        ({ transactionId }) => transactionId === endorsed.getTransactionId(),
      ).length;
      if (block.number >= blockNumber) break;
    }
    assert.equal(told, 1);
  });

  test('what was endorsed can not be altered, nor handed in as the own', async () => {
    const id = unique('ward');
    const registered = call('participants', 'Register', id, 'practitioner', 'HospitalMSP', '');
    const endorsed = await asHospital.endorse(registered, 'HospitalMSP', 'LaboratoryMSP');
    await assert.rejects(
      asClinic.handIn(endorsed.getBytes()),
      'another signature than that of who proposed it',
    );
    const worse = altered(endorsed, '"status":"active"', '"status":"absent"');
    assert.equal(await asHospital.handIn(worse), 'ENDORSEMENT_POLICY_FAILURE');
    await assert.rejects(ask(hospital.ledger, 'participants', 'Read', id), refused('PARTICIPANT_UNKNOWN'));
  });

  test('a bridge whose log was rewritten anchors nothing, and says so', async () => {
    const dataDir = join(fabric.folder, 'rewritten');
    const open = () => fabric.bridge('hospital', dataDir, { MOORING_ANCHOR_INTERVAL_MS: '100' });
    const sizes = async () => (await checkpointsOf(laboratory.ledger, ORIGIN)).map(({ size }) => size);
    let bridge = await open();
    await feed(bridge, 1, 4);
    await healthy(bridge, (degraded) => degraded.length === 0);
    // Each admission is three leaves and more.
    for (const end = Date.now() + WAIT_MS; ((await sizes()).at(-1) ?? 0) < 8; await pause(100))
      assert.ok(Date.now() < end, 'the honest log is anchored');
    await bridge.stop();
    const honest = await sizes();
    let next = 5;
    for (const how of ['a leaf is another', 'a leaf is gone'] as const) {
      await rewriteLog(dataDir, how);
      bridge = await open();
      await healthy(bridge, (degraded) => degraded.join() === 'anchoring');
      await feed(bridge, next, next + 3);
      next += 4;
      await healthy(bridge, (degraded) => degraded.join() === 'anchoring');
      assert.ok(bridge.lines.some((line) => line.includes('"code":"LEDGER_DISAGREES"')));
      assert.deepEqual(await sizes(), honest);
      await bridge.stop();
    }
  });
});

function call(contract: Transaction['contract'], name: string, ...args: string[]): Transaction {
  return { contract, name, args };
}

/** A grant to everybody, with a signature over the same but for what `signed` says. */
function grant(
  { subject, privateJwk }: TestPatient,
  said: Partial<ConsentTerms>,
  signed: Partial<ConsentTerms> = {},
): Transaction {
  const salt = randomBytes(32);
  const terms: ConsentTerms = {
    ...{ subject, consent: unique('consent'), version: 1, status: 'active', provision: { type: 'permit' } },
    ...said,
  };
  const jws = detachedJws(signedChange({ ...terms, ...signed }, salt), privateJwk, CONSENT_JWS_TYPE);
  return {
    ...call('consents', 'Grant', subject, terms.consent, String(terms.version), jws),
    transient: { terms: Buffer.from(JSON.stringify({ terms, salt: salt.toString('base64') })) },
  };
}

async function feed({ mllpPort }: Running, from: number, to: number): Promise<void> {
  const sender = await connectMllp({ host: '127.0.0.1', port: mllpPort });
  for (let n = from; n <= to; n += 1) assert.equal(code(await sender.send(admission(n))), 'AA');
  await sender.close();
}

/** Resolves when the bridge says that just this is degraded. */
async function healthy({ url }: Running, wished: (degraded: readonly string[]) => boolean): Promise<void> {
  for (const end = Date.now() + WAIT_MS; ; await pause(100)) {
    const response = await fetch(`${url}/health/ready`);
    const { degraded } = (await response.json()) as { degraded: string[] };
    assert.equal(response.status, degraded.length === 0 ? 200 : 503);
    if (wished(degraded)) return;
    assert.ok(Date.now() < end, `degraded: ${degraded.join()}`);
  }
}
