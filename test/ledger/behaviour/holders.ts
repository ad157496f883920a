// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, test } from 'node:test';
import type { Decision } from '@mooring/chaincode/terms';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import {
  ask,
  type ChangeOptions,
  change,
  type Members,
  newPatient,
  refused,
  register,
  seenBy,
  submit,
  type TestPatient,
  unique,
} from '../network.ts';

/** A patient is known at several organizations: what the patient agreed to at one holds for the records of the others, too. */
export function holdersBehaviour(members: () => Members): void {
  describe('holders of a patient’s records', () => {
    let hospital: Ledger;
    let clinic: Ledger;
    let hospitalId: string;
    let clinicId: string;
    const laboratoryId = unique('laboratory');
    before(async () => {
      ({ hospital, clinic, hospitalId, clinicId } = members());
      await register(hospital, laboratoryId, 'laboratory', 'HospitalMSP');
    });

    const toLaboratory = (subject: string, custodian = clinicId) => ({
      ...{ subject, custodian, recipient: laboratoryId, purpose: 'TREAT', action: 'access' },
    });
    const decision = async ({ subject }: TestPatient): Promise<Decision> => {
      const request = Buffer.from(JSON.stringify(toLaboratory(subject)));
      const call = { contract: 'consents', name: 'Evaluate', args: [], transient: { request } } as const;
      return JSON.parse(Buffer.from(await clinic.evaluate(call)).toString('utf8'));
    };
    const ticket = async (ledger: Ledger, { subject }: TestPatient): Promise<string | undefined> => {
      const salt = randomBytes(32).toString('base64');
      const access = Buffer.from(JSON.stringify({ requests: [toLaboratory(subject)], salt }));
      const call = { contract: 'access', name: 'Request', args: [], transient: { access } } as const;
      const { result } = await ledger.submit(call);
      const [first] = JSON.parse(Buffer.from(result).toString('utf8')) as { status: string }[];
      return first?.status;
    };
    /** By the hospital, and known at the clinic. */
    const changed = async (patient: TestPatient, options: ChangeOptions) =>
      seenBy(clinic, await change(hospital, patient, options));
    const patientAtBoth = async () => {
      const patient = await newPatient(hospital);
      await submit(clinic, 'records', 'RegisterHolder', patient.subject);
      return patient;
    };

    test('who holds records of a subject can be looked up', async () => {
      const subject = unique('subject');
      await submit(hospital, 'records', 'RegisterHolder', subject);
      await seenBy(hospital, await submit(clinic, 'records', 'RegisterHolder', subject));
      const holders = await ask<{ mspId: string }[]>(hospital, 'records', 'Holders', subject);
      assert.deepEqual(holders.map(({ mspId }) => mspId).sort(), ['ClinicMSP', 'HospitalMSP']);
    });

    test('an organization registers as holder once, and again is a duplicate', async () => {
      const subject = unique('subject');
      await submit(clinic, 'records', 'RegisterHolder', subject);
      const before = await ask<object[]>(clinic, 'records', 'Holders', subject);
      await assert.rejects(submit(clinic, 'records', 'RegisterHolder', subject), refused('HOLDER_DUPLICATE'));
      assert.equal(before.length, 1);
      assert.deepEqual(await ask(clinic, 'records', 'Holders', subject), before);
    });

    test('a clinic that holds records of the hospital’s patient hands them on by the consent given at the hospital, until it is revoked', async () => {
      const patient = await patientAtBoth();
      const consent = unique('consent');
      await changed(patient, { consent });
      assert.equal((await decision(patient)).effect, 'permit');
      assert.equal(await ticket(clinic, patient), 'open');
      await changed(patient, { consent, version: 2, status: 'revoked' });
      assert.deepEqual(await decision(patient), { effect: 'deny', reason: 'REVOKED' });
      assert.equal(await ticket(clinic, patient), 'closed');
    });

    test('who never registered as holder is asked for nothing', async () => {
      const patient = await newPatient(hospital);
      await changed(patient, { consent: unique('consent') });
      await assert.rejects(decision(patient), refused('NOT_AUTHORIZED'));
      await assert.rejects(ticket(clinic, patient), refused('NOT_AUTHORIZED'));
      // For this patient, that is: being holder for another says nothing.
      await patientAtBoth();
      await assert.rejects(decision(patient), refused('NOT_AUTHORIZED'));
    });

    test('a consent about the hospital’s records only permits nothing at the clinic, one that names both does', async () => {
      const patient = await patientAtBoth();
      await changed(patient, { consent: unique('consent'), custodian: [hospitalId] });
      assert.deepEqual(await decision(patient), { effect: 'deny', reason: 'NO_CONSENT' });
      assert.equal(await ticket(clinic, patient), 'closed');
      await changed(patient, { consent: unique('consent'), custodian: [hospitalId, clinicId] });
      assert.equal((await decision(patient)).effect, 'permit');
      assert.equal(await ticket(clinic, patient), 'open');
    });

    test('a holder changes no consent and asks for nobody else’s records', async () => {
      const patient = await patientAtBoth();
      const granted = change(clinic, patient, { consent: unique('consent') });
      await assert.rejects(granted, refused('NOT_AUTHORIZED'));
      await assert.rejects(submit(clinic, 'consents', 'Erase', patient.subject), refused('NOT_AUTHORIZED'));
      const request = toLaboratory(patient.subject, hospitalId);
      const salt = randomBytes(32).toString('base64');
      const access = Buffer.from(JSON.stringify({ requests: [request], salt }));
      await assert.rejects(
        clinic.submit({ contract: 'access', name: 'Request', args: [], transient: { access } }),
        refused('NOT_AUTHORIZED'),
      );
    });
  });
}
