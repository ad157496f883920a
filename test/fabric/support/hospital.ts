// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { connectMllp } from '../../../src/ingest/mllp-client.ts';
import { register, seenBy } from '../../ledger/network.ts';
import { bearer, everything } from '../../network/client.ts';
import { mooring, type Running } from '../../network/harness.ts';
import { admission, code } from '../../network/messages.ts';
import type { TestFabric } from './network.ts';

/** The hospital's bridge, and a patient of it who lets the clinic read everything. */
export interface Hospital {
  readonly bridge: Running;
  readonly dataDir: string;
  /** Logical id of that patient, who is the one of message 0. */
  readonly patient: string;
  /** Tokens end after minutes, so each test asks for its own. */
  token(of: 'hospital' | 'clinic'): Promise<string>;
}

/** By public interfaces only: MLLP, the command line and FHIR. */
export async function openHospital(fabric: TestFabric, env: NodeJS.ProcessEnv): Promise<Hospital> {
  const dataDir = join(fabric.folder, 'hospital-data');
  const clinic = await fabric.open('clinic');
  const registered = await register(clinic.ledger, 'clinic', 'clinic', 'ClinicMSP');
  await seenBy((await fabric.open('hospital')).ledger, registered);
  const bridge = await fabric.bridge('hospital', dataDir, env);
  const token = (of: 'hospital' | 'clinic') =>
    of === 'hospital'
      ? bearer(bridge, dataDir)
      : bearer(bridge, dataDir, { id: 'north', participant: 'clinic', scope: 'system/*.rs' });

  const sender = await connectMllp({ host: '127.0.0.1', port: bridge.mllpPort });
  assert.equal(code(await sender.send(admission(0))), 'AA');
  await sender.close();
  const ehr = await token('hospital');
  const patient = (await everything(bridge, ehr, 'Patient'))[0]?.id ?? '';
  assert.notEqual(patient, '');

  const key = join(fabric.folder, 'patient.jwk');
  const about = ['--patient', patient, '--key', key];
  const operator = ['--url', bridge.url, '--data-dir', join(dataDir, 'hospital')];
  for (const args of [
    ['keygen', '--key', key],
    ['enroll', ...about, ...operator],
    ['grant', ...about, '--to', 'clinic', '--url', bridge.url, '--token', ehr],
  ]) {
    const done = await mooring(['consents', ...args]);
    assert.equal(done.code, 0, done.err);
  }
  return { bridge, dataDir, patient, token };
}
