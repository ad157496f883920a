// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import type { JsonWebKey } from 'node:crypto';
import { before, describe, test } from 'node:test';
import type { Participant } from '@mooring/chaincode/participant';
import { generatePatientKey } from '../../../src/consent/sign.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { ask, type Members, newPatient, refused, register, seenBy, submit, unique } from '../network.ts';

/** Who may register and change whom. */
export function participantsBehaviour(members: () => Members): void {
  describe('participants', () => {
    let hospital: Ledger;
    let clinic: Ledger;
    let hospitalId: string;
    let clinicId: string;
    before(() => {
      ({ hospital, clinic, hospitalId, clinicId } = members());
    });

    test('an organization can not register in another’s name', async () => {
      const id = unique('clinic');
      await assert.rejects(register(hospital, id, 'clinic', 'ClinicMSP'), refused('NOT_AUTHORIZED'));
      await assert.rejects(ask(hospital, 'participants', 'Read', id), refused('PARTICIPANT_UNKNOWN'));
    });

    test('registering the same again is told apart from registering otherwise', async () => {
      await assert.rejects(
        register(hospital, hospitalId, 'hospital', 'HospitalMSP'),
        refused('PARTICIPANT_DUPLICATE'),
      );
      await assert.rejects(
        register(hospital, hospitalId, 'auditor', 'HospitalMSP'),
        refused('PARTICIPANT_EXISTS'),
      );
    });

    test('a participant can be suspended and reinstated, by its own organization only', async () => {
      const id = unique('laboratory');
      await seenBy(hospital, await register(clinic, id, 'laboratory', 'ClinicMSP'));
      await assert.rejects(submit(hospital, 'participants', 'Suspend', id), refused('NOT_AUTHORIZED'));
      await seenBy(hospital, await submit(clinic, 'participants', 'Suspend', id));
      assert.equal((await ask<Participant>(hospital, 'participants', 'Read', id)).status, 'suspended');
      await seenBy(hospital, await submit(clinic, 'participants', 'Reinstate', id));
      assert.equal((await ask<Participant>(hospital, 'participants', 'Read', id)).status, 'active');
    });

    test('a key that is private, of another curve or off the curve is refused', async () => {
      const { privateJwk, publicJwk } = generatePatientKey();
      const wrong: JsonWebKey[] = [
        privateJwk,
        { ...publicJwk, crv: 'P-384' },
        { ...publicJwk, y: publicJwk.x ?? '' },
        { kty: 'EC' },
      ];
      for (const jwk of wrong)
        await assert.rejects(
          register(hospital, unique('s'), 'patient', 'HospitalMSP', jwk),
          refused('KEY_INVALID'),
        );
    });

    test('the list of participants has no patients in it', async () => {
      const { subject } = await newPatient(hospital);
      const ids = (await ask<Participant[]>(hospital, 'participants', 'List')).map(({ id }) => id);
      assert.ok(ids.includes(clinicId) && !ids.includes(subject));
    });
  });
}
