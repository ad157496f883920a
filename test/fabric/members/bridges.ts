// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Person } from '../../../src/tour/messages.ts';
import {
  grantAt,
  revokeToRefuse,
  type SharedPatient,
  sharePatient,
  untilStatus,
} from '../support/two-bridges.ts';
import type { Members } from './members.ts';

export const SHARED: Person = { number: 'T7730041926', family: 'Quillfeather', given: 'Marisol' };
/** The block's way from the orderers, and a machine that is busy with other things. */
const SOON_MS = 10_000;

export function bridgesBehaviour(members: () => Members): void {
  describe('two bridges on one channel', () => {
    let patient: SharedPatient;
    let ehr: string;
    before(async () => {
      const { hospital, clinic, fabric } = members();
      patient = await sharePatient(hospital, clinic, SHARED, fabric.folder);
      ehr = await hospital.token();
    });

    test('what a patient signs at the hospital lets a laboratory read at the clinic, until they revoke it at the hospital', async () => {
      const { hospital, clinic } = members();
      const laboratory = await clinic.token('laboratory');
      const path = `Patient/${patient.atClinic}`;
      assert.equal((await clinic.fhir('GET', path, laboratory)).status, 404);
      const about = ['--url', hospital.bridge.url, '--token', ehr, '--key', patient.key];
      const granted = await hospital.cli(
        ...['consents', 'grant', '--patient', patient.atHospital, '--to', 'laboratory', ...about],
      );
      const consent = /Consent\/(\S+)/.exec(granted)?.[1] ?? '';
      await untilStatus(clinic, path, laboratory, { from: 404, to: 200 });
      const results = `Observation?patient=${patient.atClinic}`;
      assert.equal(totalOf(await clinic.fhir('GET', results, laboratory)), 2);
      await hospital.cli('consents', 'revoke', '--consent', consent, ...about);
      await untilStatus(clinic, path, laboratory, { from: 200, to: 404 });
      assert.equal(totalOf(await clinic.fhir('GET', results, laboratory)), 0);
    });

    test('a revocation at the hospital is obeyed at the clinic as soon as its block is there', async () => {
      const { hospital, clinic } = members();
      const token = await clinic.token('laboratory');
      const path = `Patient/${patient.atClinic}`;
      const granted = await grantAt(hospital, ehr, patient.key, {
        patient: patient.atHospital,
        to: 'laboratory',
      });
      await untilStatus(clinic, path, token, { from: 404, to: 200 });
      const tookMs = await revokeToRefuse(
        { hospital, token: ehr, key: patient.key, granted },
        { clinic, token, path },
      );
      assert.ok(tookMs < SOON_MS / 5, `refused after ${tookMs} ms`);
    });

    test('a grant to the laboratory lets nobody else in at the clinic, nor at the hospital', async () => {
      const { hospital, clinic } = members();
      await grantAt(hospital, ehr, patient.key, { patient: patient.atHospital, to: 'laboratory' });
      await untilStatus(clinic, `Patient/${patient.atClinic}`, await clinic.token('laboratory'), {
        from: 404,
        to: 200,
      });
      const there = await hospital.fhir(
        'GET',
        `Patient/${patient.atHospital}`,
        await hospital.token('clinic'),
      );
      assert.equal(there.status, 404);
      const here = await clinic.fhir('GET', `Patient/${patient.atClinic}`, await clinic.token('hospital'));
      assert.equal(here.status, 404);
    });

    test('the clinic’s own client reads at the hospital’s bridge while the patient allows it', async () => {
      const { hospital } = members();
      const token = await hospital.token('clinic');
      const path = `Observation?patient=${patient.atHospital}`;
      assert.equal(totalOf(await hospital.fhir('GET', path, token)), 0);
      const grant = { patient: patient.atHospital, to: 'clinic', classes: ['Observation'] };
      const granted = await grantAt(hospital, ehr, patient.key, grant);
      assert.equal(totalOf(await hospital.fhir('GET', path, token)), 2);
      assert.equal((await hospital.fhir('GET', `Patient/${patient.atHospital}`, token)).status, 404);
      const one = JSON.parse((await hospital.fhir('GET', path, token)).text).entry[0].resource.id as string;
      await revokeToRefuse(
        { hospital, token: ehr, key: patient.key, granted },
        { clinic: hospital, token, path: `Observation/${one}` },
      );
    });
  });
}

/** How many resources a search answered. */
function totalOf({ status, text }: { status: number; text: string }): number {
  assert.equal(status, 200, text);
  const { entry = [] } = JSON.parse(text) as { entry?: { search?: { mode: string } }[] };
  return entry.filter(({ search }) => search?.mode !== 'outcome').length;
}
