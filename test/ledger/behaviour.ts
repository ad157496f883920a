// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { type JsonWebKey, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { canonicalJson } from '@mooring/chaincode/canonical';
import type { ConsentRecord } from '@mooring/chaincode/consentState';
import type { Participant } from '@mooring/chaincode/participant';
import { KEY_JWS_TYPE, thumbprint } from '@mooring/chaincode/signature';
import type { ConsentTerms, Decision } from '@mooring/chaincode/terms';
import { detachedJws, generatePatientKey } from '../../src/consent/sign.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { consistencyProof } from './merkle.ts';
import {
  ask,
  change,
  checkpoint,
  checkpointArgs,
  newPatient,
  register,
  submit,
  type TestNetwork,
  type TestPatient,
  unique,
} from './network.ts';

type Listed = readonly (ConsentRecord & { terms?: ConsentTerms })[];

const refused = (code: string) => ({ name: 'LedgerError', code });

/** What every ledger must do with our contract; `open` gives a hospital (`HospitalMSP`) and a clinic (`ClinicMSP`) on one channel. */
export function ledgerBehaviour(name: string, open: () => Promise<TestNetwork>): void {
  describe(`ledger: ${name}`, () => {
    let network: TestNetwork;
    let hospital: Ledger;
    let clinic: Ledger;
    const hospitalId = unique('hospital');
    const clinicId = unique('clinic');
    before(async () => {
      network = await open();
      ({ hospital, clinic } = network);
      await register(hospital, hospitalId, 'hospital', 'HospitalMSP');
      await register(clinic, clinicId, 'clinic', 'ClinicMSP');
    });
    after(() => network.close());

    const evaluate = async (subject: string, more: object = {}): Promise<Decision> => {
      const request = {
        subject,
        custodian: hospitalId,
        recipient: clinicId,
        purpose: 'TREAT',
        action: 'access',
        ...more,
      };
      const transient = { request: Buffer.from(JSON.stringify(request)) };
      const answer = await hospital.evaluate({ contract: 'consents', name: 'Evaluate', args: [], transient });
      return JSON.parse(Buffer.from(answer).toString('utf8')) as Decision;
    };

    describe('participants', () => {
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
        await register(clinic, id, 'laboratory', 'ClinicMSP');
        await assert.rejects(submit(hospital, 'participants', 'Suspend', id), refused('NOT_AUTHORIZED'));
        await submit(clinic, 'participants', 'Suspend', id);
        assert.equal((await ask<Participant>(hospital, 'participants', 'Read', id)).status, 'suspended');
        await submit(clinic, 'participants', 'Reinstate', id);
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

    describe('checkpoints', () => {
      const leaves = Array.from({ length: 21 }, (_, index) => `leaf ${index}`);

      test('each checkpoint extends the one before and can be read again', async () => {
        const origin = unique('log.example/hospital');
        assert.equal(
          (await hospital.evaluate({ contract: 'records', name: 'LatestCheckpoint', args: [origin] })).length,
          0,
        );
        await checkpoint(hospital, origin, leaves.slice(0, 3));
        await checkpoint(hospital, origin, leaves.slice(0, 8), 3);
        const { transactionId } = await checkpoint(hospital, origin, leaves, 8);
        const latest = await ask<{ size: string; transactionId: string }>(
          clinic,
          'records',
          'LatestCheckpoint',
          origin,
        );
        assert.deepEqual([latest.size, latest.transactionId], ['21', transactionId]);
        assert.deepEqual(await ask(clinic, 'records', 'GetCheckpoint', origin, '21'), latest);
        assert.equal(
          (await ask<{ size: string }>(clinic, 'records', 'GetCheckpoint', origin, '3')).size,
          '3',
        );
      });

      test('a log that lost or rewrote a leaf is refused, whatever proof comes with it', async () => {
        const origin = unique('log.example/hospital');
        await checkpoint(hospital, origin, leaves.slice(0, 8));
        const dropped = leaves.toSpliced(2, 1);
        const rewritten = leaves.with(5, 'another leaf');
        for (const forged of [dropped, rewritten]) {
          for (const proof of [consistencyProof(8, forged), consistencyProof(8, leaves), []]) {
            const args = checkpointArgs(forged, proof);
            await assert.rejects(
              submit(hospital, 'records', 'Checkpoint', origin, ...args),
              refused('CHECKPOINT_NOT_CONSISTENT'),
            );
          }
        }
        await checkpoint(hospital, origin, leaves, 8);
      });

      test('a smaller log, and one of equal size with another root, is refused', async () => {
        const origin = unique('log.example/hospital');
        await checkpoint(hospital, origin, leaves.slice(0, 8));
        await assert.rejects(checkpoint(hospital, origin, leaves.slice(0, 7)), refused('CHECKPOINT_SMALLER'));
        const other = leaves.slice(0, 8).with(0, 'x');
        await assert.rejects(checkpoint(hospital, origin, other), refused('CHECKPOINT_NOT_CONSISTENT'));
      });

      test('the same checkpoint again is a duplicate, also when the log has grown since', async () => {
        const origin = unique('log.example/hospital');
        await checkpoint(hospital, origin, leaves.slice(0, 8));
        await assert.rejects(
          checkpoint(hospital, origin, leaves.slice(0, 8)),
          refused('CHECKPOINT_DUPLICATE'),
        );
        await checkpoint(hospital, origin, leaves, 8);
        await assert.rejects(
          checkpoint(hospital, origin, leaves.slice(0, 8)),
          refused('CHECKPOINT_DUPLICATE'),
        );
      });

      test('nobody writes to another organization’s log', async () => {
        const origin = unique('log.example/hospital');
        await checkpoint(hospital, origin, leaves.slice(0, 8));
        await assert.rejects(checkpoint(clinic, origin, leaves, 8), refused('ORIGIN_FOREIGN'));
      });

      test('malformed sizes, roots and proofs are refused as arguments', async () => {
        const origin = unique('log.example/hospital');
        const [size, root, proof] = checkpointArgs(leaves, []);
        const wrong = [
          ['-1', root, proof],
          ['007', root, proof],
          ['9223372036854775808', root, proof],
          [size, 'AAAA', proof],
          [size, root, 'no json'],
          [size, root, '{}'],
          [size, root, '["AAAA"]'],
          [size, root, JSON.stringify(Array(65).fill(root))],
        ];
        for (const args of wrong)
          await assert.rejects(
            submit(hospital, 'records', 'Checkpoint', origin, ...args),
            refused('ARGUMENT_INVALID'),
          );
      });

      test('who holds records of a subject can be looked up', async () => {
        const subject = unique('subject');
        await Promise.all(
          [hospital, clinic].map((each) => submit(each, 'records', 'RegisterHolder', subject)),
        );
        const holders = await ask<{ mspId: string }[]>(hospital, 'records', 'Holders', subject);
        assert.deepEqual(holders.map(({ mspId }) => mspId).sort(), ['ClinicMSP', 'HospitalMSP']);
      });
    });

    describe('consents', () => {
      let patient: TestPatient;
      before(async () => {
        patient = await newPatient(hospital);
      });

      test('a signed grant permits, its signed revocation denies', async () => {
        const consent = unique('consent');
        const { subject } = patient;
        await change(hospital, patient, { consent });
        assert.equal((await evaluate(subject)).effect, 'permit');
        await change(hospital, patient, { consent, version: 2, status: 'revoked' });
        assert.deepEqual(await evaluate(subject), { effect: 'deny', reason: 'REVOKED' });
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
        assert.equal((await evaluate(patient.subject)).effect, 'deny');
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
        assert.equal((await evaluate(someone.subject)).effect, 'permit');
        await change(hospital, someone, { consent, version: 2, status: 'revoked' });
        assert.equal((await evaluate(someone.subject)).effect, 'deny');
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
        const sign = (jwk: JsonWebKey) =>
          detachedJws({ participant: one.subject, newKey }, jwk, KEY_JWS_TYPE);
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
        const decisions = await Promise.all(patients.map(({ subject }) => evaluate(subject)));
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
        await change(hospital, one, { consent, version: 2, status: 'revoked' });
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
        await change(hospital, one, { consent });
        await assert.rejects(submit(clinic, 'consents', 'Erase', one.subject), refused('NOT_AUTHORIZED'));
        await submit(hospital, 'consents', 'Erase', one.subject);
        const [left] = await ask<Listed>(hospital, 'consents', 'List', one.subject);
        assert.equal(left?.terms, undefined);
        assert.equal((await evaluate(one.subject)).effect, 'deny');
      });

      test('terms with anything that can not be enforced are refused', async () => {
        const provision = { type: 'permit', weekday: 'Monday' } as never;
        await assert.rejects(
          change(hospital, patient, { consent: unique('consent'), provision }),
          refused('TERMS_INVALID'),
        );
      });
    });

    describe('access', () => {
      const request = async (
        ledger: Ledger,
        subjects: string[],
      ): Promise<{ ticket: string; status: string; until: string }[]> => {
        const requests = subjects.map((subject) => ({
          ...{ subject, custodian: hospitalId, recipient: clinicId, purpose: 'TREAT', action: 'access' },
        }));
        const access = Buffer.from(JSON.stringify({ requests, salt: randomBytes(32).toString('base64') }));
        const { result } = await ledger.submit({
          contract: 'access',
          name: 'Request',
          args: [],
          transient: { access },
        });
        return JSON.parse(Buffer.from(result).toString('utf8'));
      };

      test('many subjects in one transaction get a ticket each, open or closed', async () => {
        const [granted, silent] = [await newPatient(hospital), await newPatient(hospital)];
        await change(hospital, granted, { consent: unique('consent') });
        const tickets = await request(hospital, [granted.subject, silent.subject]);
        assert.deepEqual(
          tickets.map(({ status }) => status),
          ['open', 'closed'],
        );
        const details = await ask<{ details: { request: { subject: string } } }>(
          hospital,
          'access',
          'Read',
          tickets[0]?.ticket ?? '',
        );
        assert.equal(details.details.request.subject, granted.subject);
      });

      test('a ticket ends with the grant, and after an hour at the latest', async () => {
        const [short, long] = [await newPatient(hospital), await newPatient(hospital)];
        const end = new Date(Date.now() + 600_000).toISOString();
        await change(hospital, short, {
          consent: unique('consent'),
          provision: { type: 'permit', period: { end } },
        });
        await change(hospital, long, { consent: unique('consent') });
        const [first, second] = await request(hospital, [short.subject, long.subject]);
        assert.equal(first?.until, end);
        assert.ok(Date.parse(second?.until ?? '') <= Date.now() + 3_600_000);
      });

      test('a ticket is closed once, by who opened it', async () => {
        const one = await newPatient(hospital);
        await change(hospital, one, { consent: unique('consent') });
        const [{ ticket } = { ticket: '' }] = await request(hospital, [one.subject]);
        await assert.rejects(submit(clinic, 'access', 'Close', ticket), refused('NOT_AUTHORIZED'));
        await submit(hospital, 'access', 'Close', ticket);
        await assert.rejects(submit(hospital, 'access', 'Close', ticket), refused('TICKET_CLOSED'));
        await assert.rejects(submit(hospital, 'access', 'Close', 'none'), refused('TICKET_UNKNOWN'));
      });

      test('a suspended recipient is denied', async () => {
        const one = await newPatient(hospital);
        await change(hospital, one, { consent: unique('consent') });
        await submit(clinic, 'participants', 'Suspend', clinicId);
        assert.deepEqual(await evaluate(one.subject), { effect: 'deny', reason: 'PARTICIPANT_SUSPENDED' });
        await submit(clinic, 'participants', 'Reinstate', clinicId);
      });
    });

    test('a transaction that does not exist, or with other arguments, is refused', async () => {
      await assert.rejects(submit(hospital, 'records', 'Forget', 'x'), refused('TRANSACTION_UNKNOWN'));
      await assert.rejects(submit(hospital, 'records', 'constructor'), refused('TRANSACTION_UNKNOWN'));
      await assert.rejects(submit(hospital, 'records', 'Checkpoint', 'x'), refused('TRANSACTION_UNKNOWN'));
    });

    test('followers get every event in order, exactly once, also those from before they came', async () => {
      const origin = unique('log.example/hospital');
      const from = await hospital.height();
      const leaves = ['a', 'b', 'c', 'd'];
      await checkpoint(hospital, origin, leaves.slice(0, 1));
      const stop = new AbortController();
      const sizes: string[] = [];
      const following = (async () => {
        for await (const event of clinic.follow(from, stop.signal)) {
          const content = JSON.parse(Buffer.from(event.payload).toString('utf8'));
          if (content.origin === origin) sizes.push(content.size);
          if (sizes.length === leaves.length) stop.abort();
        }
      })();
      for (let size = 2; size <= leaves.length; size += 1)
        await checkpoint(hospital, origin, leaves.slice(0, size), size - 1);
      await following;
      assert.deepEqual(sizes, ['1', '2', '3', '4']);
    });
  });
}
