// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { type JsonWebKey, randomBytes } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { canonicalJson } from '@mooring/chaincode/canonical';
import type { ConsentRecord } from '@mooring/chaincode/consentState';
import type { Participant } from '@mooring/chaincode/participant';
import { KEY_JWS_TYPE, thumbprint } from '@mooring/chaincode/signature';
import type { ConsentTerms } from '@mooring/chaincode/terms';
import { detachedJws, generatePatientKey } from '../../../src/consent/sign.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import {
  ask,
  change,
  decisionOf,
  type Members,
  newPatient,
  refused,
  seenBy,
  submit,
  type TestPatient,
  unique,
} from '../network.ts';

type Listed = readonly (ConsentRecord & { terms?: ConsentTerms })[];

/** Who may change a consent, and what it then permits. */
export function consentsBehaviour(members: () => Members): void {
  describe('consents', () => {
    let hospital: Ledger;
    let clinic: Ledger;
    let clinicId: string;
    before(() => {
      ({ hospital, clinic, clinicId } = members());
    });

    let patient: TestPatient;
    before(async () => {
      patient = await newPatient(hospital);
    });

    test('a signed grant permits, its signed revocation denies', async () => {
      const consent = unique('consent');
      const { subject } = patient;
      await change(hospital, patient, { consent });
      assert.equal((await decisionOf(members(), subject)).effect, 'permit');
      await change(hospital, patient, { consent, version: 2, status: 'revoked' });
      assert.deepEqual(await decisionOf(members(), subject), { effect: 'deny', reason: 'REVOKED' });
      await assert.rejects(change(hospital, patient, { consent, version: 3 }), refused('CONSENT_ENDED'));
    });

    test('a forged signature is refused', async () => {
      const consent = unique('consent');
      const forger = { ...patient, privateJwk: generatePatientKey().privateJwk };
      await assert.rejects(change(hospital, forger, { consent }), refused('SIGNATURE_INVALID'));
    });

    test('a signature for other terms, another consent, version or action is refused', async () => {
      const consent = unique('consent');
      const others: Partial<ConsentTerms>[] = [
        { provision: { type: 'permit', actor: [{ participant: clinicId }] } },
        { consent: 'another' },
        { version: 2 },
        { status: 'revoked' },
      ];
      for (const signed of others)
        await assert.rejects(change(hospital, patient, { consent, signed }), refused('SIGNATURE_INVALID'));
    });

    test('a signature replayed for another patient is refused', async () => {
      const other = await newPatient(hospital);
      const replayed = { subject: other.subject, privateJwk: patient.privateJwk };
      await assert.rejects(
        change(hospital, replayed, { consent: unique('consent') }),
        refused('SIGNATURE_INVALID'),
      );
    });

    test('an old grant replayed after its revocation is refused', async () => {
      const consent = unique('consent');
      const salt = randomBytes(32);
      await change(hospital, patient, { consent, salt });
      await change(hospital, patient, { consent, version: 2, status: 'revoked' });
      await assert.rejects(change(hospital, patient, { consent, salt }), refused('CONSENT_DUPLICATE'));
      assert.equal((await decisionOf(members(), patient.subject)).effect, 'deny');
    });

    test('versions follow one another without a gap, and none is written twice', async () => {
      const consent = unique('consent');
      await assert.rejects(change(hospital, patient, { consent, version: 2 }), refused('CONSENT_GAP'));
      await change(hospital, patient, { consent });
      await assert.rejects(change(hospital, patient, { consent }), refused('CONSENT_CONFLICT'));
      await change(hospital, patient, { consent, version: 2, status: 'revoked' });
    });

    test('no other organization changes a patient’s consent, even with a signature', async () => {
      await assert.rejects(
        change(clinic, patient, { consent: unique('consent') }),
        refused('NOT_AUTHORIZED'),
      );
    });

    test('what an organization attests is marked so, and the patient can end it', async () => {
      const consent = unique('consent');
      const someone = await newPatient(hospital);
      await change(hospital, someone, { consent, attested: true });
      const [record] = await ask<Listed>(hospital, 'consents', 'History', someone.subject, consent);
      assert.deepEqual(record?.basis, { attestedBy: 'HospitalMSP' });
      assert.equal((await decisionOf(members(), someone.subject)).effect, 'permit');
      await change(hospital, someone, { consent, version: 2, status: 'revoked' });
      assert.equal((await decisionOf(members(), someone.subject)).effect, 'deny');
    });

    test('what a patient signed an organization can end but not widen', async () => {
      const consent = unique('consent');
      await change(hospital, patient, { consent });
      const widened = change(hospital, patient, { consent, version: 2, attested: true });
      await assert.rejects(widened, refused('SIGNATURE_REQUIRED'));
      await change(hospital, patient, { consent, version: 2, status: 'revoked', attested: true });
    });

    test('after a new key the old one signs nothing', async () => {
      const old = await newPatient(hospital);
      const { privateJwk, publicJwk } = generatePatientKey();
      await submit(hospital, 'participants', 'RotateKey', old.subject, JSON.stringify(publicJwk), '');
      await assert.rejects(
        change(hospital, old, { consent: unique('consent') }),
        refused('SIGNATURE_INVALID'),
      );
      await change(hospital, { ...old, privateJwk }, { consent: unique('consent') });
    });

    test('a new key signed for with the old one is marked so, and a forged one is refused', async () => {
      const one = await newPatient(hospital);
      const next = generatePatientKey();
      const key = canonicalJson(next.publicJwk);
      const { x, y } = next.publicJwk;
      const newKey = thumbprint({ kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' });
      const sign = (jwk: JsonWebKey) => detachedJws({ participant: one.subject, newKey }, jwk, KEY_JWS_TYPE);
      const forged = submit(hospital, 'participants', 'RotateKey', one.subject, key, sign(next.privateJwk));
      await assert.rejects(forged, refused('SIGNATURE_INVALID'));
      await submit(hospital, 'participants', 'RotateKey', one.subject, key, sign(one.privateJwk));
      const { keySetBy } = await ask<Participant>(hospital, 'participants', 'Read', one.subject);
      assert.equal(keySetBy, 'holder');
      await change(hospital, { ...one, privateJwk: next.privateJwk }, { consent: unique('consent') });
    });

    test('fifty patients grant at once and none is in another’s way', async () => {
      const patients = await Promise.all(Array.from({ length: 50 }, () => newPatient(hospital)));
      const all = await Promise.all(
        patients.map((each) => change(hospital, each, { consent: unique('consent') })),
      );
      assert.equal(new Set(all.map(({ transactionId }) => transactionId)).size, 50);
      const decisions = await Promise.all(patients.map(({ subject }) => decisionOf(members(), subject)));
      assert.ok(decisions.every(({ effect }) => effect === 'permit'));
    });

    test('one patient’s fifty consents at once are all kept', async () => {
      const one = await newPatient(hospital);
      await Promise.all(
        Array.from({ length: 50 }, () => change(hospital, one, { consent: unique('consent') })),
      );
      assert.equal((await ask<Listed>(hospital, 'consents', 'List', one.subject)).length, 50);
    });

    test('history tells every version, and the consents can be read as they stood at a time', async () => {
      const one = await newPatient(hospital);
      const consent = unique('consent');
      await change(hospital, one, { consent });
      await seenBy(clinic, await change(hospital, one, { consent, version: 2, status: 'revoked' }));
      const history = await ask<Listed>(clinic, 'consents', 'History', one.subject, consent);
      assert.deepEqual(
        history.map(({ version, status }) => [version, status]),
        [
          [1, 'active'],
          [2, 'revoked'],
        ],
      );
      const [first, second] = history;
      assert.ok(first && second && first.timestamp < second.timestamp);
      const then = await ask<Listed>(hospital, 'consents', 'AsOf', one.subject, first.timestamp);
      assert.deepEqual(
        then.map(({ status, terms }) => [status, terms?.version]),
        [['active', 1]],
      );
      const now = await ask<Listed>(hospital, 'consents', 'AsOf', one.subject, second.timestamp);
      assert.deepEqual(
        now.map(({ status }) => status),
        ['revoked'],
      );
      assert.deepEqual(await ask(hospital, 'consents', 'AsOf', one.subject, '2001-01-01'), []);
    });

    test('erased terms are gone, and nothing is permitted by them', async () => {
      const one = await newPatient(hospital);
      const consent = unique('consent');
      await seenBy(clinic, await change(hospital, one, { consent }));
      await assert.rejects(submit(clinic, 'consents', 'Erase', one.subject), refused('NOT_AUTHORIZED'));
      await submit(hospital, 'consents', 'Erase', one.subject);
      const [left] = await ask<Listed>(hospital, 'consents', 'List', one.subject);
      assert.equal(left?.terms, undefined);
      assert.equal((await decisionOf(members(), one.subject)).effect, 'deny');
    });

    test('terms with anything that can not be enforced are refused', async () => {
      const provision = { type: 'permit', weekday: 'Monday' } as never;
      await assert.rejects(
        change(hospital, patient, { consent: unique('consent'), provision }),
        refused('TERMS_INVALID'),
      );
    });
  });
}
