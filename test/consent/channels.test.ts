// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHmac, type JsonWebKey, randomBytes, randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { buildGrant } from '../../src/consent/build.ts';
import { type ComposedRules, composeChannels } from '../../src/consent/channels.ts';
import { type OpenConsentRules, openConsentRules } from '../../src/consent/rules.ts';
import { generatePatientKey, signConsent } from '../../src/consent/sign.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { type EmbeddedChannel, openEmbeddedChannel } from '../../src/ledger/embedded/channel.ts';
import { type Ledger, LedgerError } from '../../src/ledger/ledger.ts';
import { openLogger } from '../../src/operate/log.ts';
import { type DatabaseServer, openEmbedded } from '../../src/store/sql/database.ts';
import { change, register, submit } from '../ledger/network.ts';

const HOUR = 3_600_000;
const HOME = 'exchange';
const SECOND = 'research';
const secret = randomBytes(32);
const pseudonym = (text: string) => createHmac('sha256', secret).update(text).digest('base64url');

describe('a bridge on two channels', () => {
  let server: DatabaseServer;
  let channels: { home: EmbeddedChannel; second: EmbeddedChannel };
  let each: { home: OpenConsentRules; second: OpenConsentRules };
  let rules: ComposedRules;
  let time = Date.now();
  const now = () => time;
  const away = new Set<string>();

  const tapped = (name: string, inner: Ledger): Ledger => {
    const reachable = <T>(act: () => Promise<T>) =>
      away.has(name) ? Promise.reject(new LedgerError('UNAVAILABLE', 'the channel is away')) : act();
    return {
      ...inner,
      height: () => reachable(() => inner.height()),
      evaluate: (transaction) => reachable(() => inner.evaluate(transaction)),
      submit: (transaction) => reachable(() => inner.submit(transaction)),
    };
  };
  const openRules = async (channel: string, ledger: EmbeddedChannel) =>
    openConsentRules({
      ...{ channel, secret, now, maxAgeMs: 30_000, participant: 'hospital', pseudonym },
      ...{ db: await server.schema('hospital'), logger: openLogger('silent') },
      ledger: tapped(channel, ledger.as({ mspId: 'HospitalMSP', name: 'bridge' })),
    });
  const openLedger = async (schema: string) =>
    openEmbeddedChannel({ db: await server.schema(schema), now, signingSecret: randomBytes(32) });

  before(async () => {
    server = await openEmbedded();
    channels = { home: await openLedger('ledger'), second: await openLedger('ledger_research') };
    each = {
      home: await openRules(HOME, channels.home),
      second: await openRules(SECOND, channels.second),
    };
    rules = composeChannels(
      [
        { channel: HOME, rules: each.home },
        { channel: SECOND, rules: each.second },
      ],
      'hospital',
    );
    await rules.ready;
    await rules.registerParticipant({ id: 'hospital', role: 'hospital', mspId: 'HospitalMSP' });
    // Clinic here, institute there, laboratory on both.
    const [clinic, laboratory] = [
      { mspId: 'ClinicMSP', name: 'c' },
      { mspId: 'LaboratoryMSP', name: 'l' },
    ];
    const institute = { mspId: 'InstituteMSP', name: 'i' };
    await register(channels.home.as(clinic), 'clinic', 'clinic', 'ClinicMSP');
    await register(channels.second.as(institute), 'institute', 'hospital', 'InstituteMSP');
    for (const channel of [channels.home, channels.second])
      await register(channel.as(laboratory), 'laboratory', 'laboratory', 'LaboratoryMSP');
    await rules.refresh();
  });
  after(async () => {
    await rules.close();
    await channels.home.close();
    await channels.second.close();
    await server.close();
  });
  beforeEach(() => {
    time += 1000;
    away.clear();
  });

  const observation = (patient: string): Resource => ({
    resourceType: 'Observation',
    id: randomUUID(),
    subject: { reference: `Patient/${patient}` },
  });
  const grant = (patient: string, to: string, id: string = randomUUID()): Resource =>
    buildGrant({ id, patient, to, from: time, until: time + HOUR });
  const ended = (consent: Resource): Resource => ({ ...consent, status: 'inactive' });
  const effect = async (participant: string, patient: string): Promise<string | undefined> =>
    (await rules.decide({ participant, purpose: 'TREAT' }, [observation(patient)]))[0]?.effect;
  const consentsOn = async (channel: EmbeddedChannel, patient: string): Promise<number> => {
    const ledger = channel.as({ mspId: 'HospitalMSP', name: 'bridge' });
    const call = { contract: 'consents', name: 'List', args: [pseudonym(patient)] } as const;
    return JSON.parse(Buffer.from(await ledger.evaluate(call)).toString('utf8')).length;
  };
  const placed = async (patient: string) => [
    await consentsOn(channels.home, patient),
    await consentsOn(channels.second, patient),
  ];
  const notFresh = { name: 'ConsentError', code: 'NOT_FRESH' };

  test('a consent goes to the channel of whom it names, and is enforced and revoked there', async () => {
    const patient = randomUUID();
    const [toClinic, toInstitute] = [grant(patient, 'clinic'), grant(patient, 'institute')];
    await rules.accept(toClinic);
    assert.deepEqual(await placed(patient), [1, 0]);
    await rules.accept(toInstitute);
    assert.deepEqual(await placed(patient), [1, 1]);
    assert.deepEqual(
      [await effect('clinic', patient), await effect('institute', patient)],
      ['permit', 'permit'],
    );
    assert.deepEqual(await rules.patients({ participant: 'institute', purpose: 'TREAT' }), [patient]);
    await rules.accept(ended(toInstitute));
    assert.deepEqual(
      [await effect('clinic', patient), await effect('institute', patient)],
      ['permit', 'deny'],
    );
    await rules.accept(ended(toClinic));
    assert.equal(await effect('clinic', patient), 'deny');
    assert.deepEqual(await placed(patient), [1, 1]);
  });

  test('a consent for everybody on one channel permits nobody of another', async () => {
    const patient = randomUUID();
    const { provision: _, ...rest } = grant(patient, 'nobody-yet');
    const toAll: Resource = { ...rest, provision: { type: 'permit' } };
    await rules.accept(toAll);
    assert.deepEqual(await placed(patient), [1, 0]);
    assert.deepEqual(
      [await effect('clinic', patient), await effect('institute', patient)],
      ['permit', 'deny'],
    );
    assert.deepEqual(await rules.patients({ participant: 'institute', purpose: 'TREAT' }), []);
  });

  test('who is on several channels is judged on the first', async () => {
    const patient = randomUUID();
    assert.deepEqual(
      ['laboratory', 'clinic', 'institute', 'hospital', 'stranger'].map((id) => rules.channelOf(id)),
      [HOME, HOME, SECOND, HOME, HOME],
    );
    // Not through this bridge, which would place it rightly: straight on the second channel.
    await each.second.accept(grant(patient, 'laboratory'));
    assert.deepEqual(await placed(patient), [0, 1]);
    assert.equal(await effect('laboratory', patient), 'deny');
  });

  test('a consent that names participants of two channels is refused with the element', async () => {
    const patient = randomUUID();
    const [first, second] = [grant(patient, 'clinic'), grant(patient, 'institute')];
    const rule = (consent: Resource) => (consent['provision'] as { provision: object[] }).provision[0];
    const both = { ...first, provision: { provision: [rule(first), rule(second)] } };
    await assert.rejects(
      rules.accept(both as Resource),
      (error: Error & { status?: number; issues?: unknown }) => {
        assert.equal(error.status, 422);
        assert.match(
          JSON.stringify(error.issues),
          /"Consent\.provision\.provision\[1\]\.actor\[0\]\.reference"/,
        );
        return true;
      },
    );
    assert.deepEqual(await placed(patient), [0, 0]);
    // The own organization is everywhere, and whoever is nowhere yet is in nobody's way.
    const own = {
      ...first,
      provision: {
        provision: [rule(grant(patient, 'hospital')), rule(grant(patient, 'unknown')), rule(second)],
      },
    };
    await rules.accept(own as Resource);
    assert.deepEqual(await placed(patient), [0, 1]);
  });

  test('a consent stays on its channel: it moves to no other, and its end is recorded where it began', async () => {
    const patient = randomUUID();
    const id = randomUUID();
    await rules.accept(grant(patient, 'institute', id));
    await assert.rejects(rules.accept(grant(patient, 'clinic', id)), { name: 'FhirError', status: 422 });
    // Says nobody's name any more, and is found all the same.
    const { provision: _, ...rest } = grant(patient, 'institute', id);
    await rules.accept({ ...rest, status: 'entered-in-error' });
    assert.deepEqual([await placed(patient), await effect('institute', patient)], [[0, 1], 'deny']);
  });

  test('a consent that names nobody known goes to the home channel', async () => {
    const patient = randomUUID();
    await rules.accept(grant(patient, 'not-registered-anywhere'));
    assert.deepEqual(await placed(patient), [1, 0]);
  });

  test('a patient’s key is good on every channel', async () => {
    const patient = randomUUID();
    const { privateJwk, publicJwk } = generatePatientKey();
    await rules.enrollPatient(patient, publicJwk);
    const signed = (to: string, key: JsonWebKey) =>
      signConsent(grant(patient, to), key, { version: 1, at: time });
    await rules.accept(signed('clinic', privateJwk));
    await rules.accept(signed('institute', privateJwk));
    assert.deepEqual(
      [await effect('clinic', patient), await effect('institute', patient)],
      ['permit', 'permit'],
    );
    const forger = generatePatientKey().privateJwk;
    await assert.rejects(rules.accept(signed('institute', forger)), { name: 'FhirError', status: 422 });
  });

  test('a channel that is away refuses its own members only', async () => {
    const patient = randomUUID();
    await rules.accept(grant(patient, 'clinic'));
    await rules.accept(grant(patient, 'institute'));
    for (const [name, down, up] of [
      [HOME, 'clinic', 'institute'],
      [SECOND, 'institute', 'clinic'],
    ] as const) {
      away.clear();
      time += 60_000;
      await rules.refresh();
      away.add(name);
      time += 60_000;
      await assert.rejects(effect(down, patient), notFresh);
      assert.equal(await effect(up, patient), 'permit');
      assert.ok(Array.isArray(await rules.patients({ participant: up, purpose: 'TREAT' })));
      assert.equal(await effect('hospital', patient), 'permit');
      await rules.accept(grant(patient, up));
      assert.ok(rules.ageMs() >= 60_000);
    }
  });

  test('a revocation of a consent that nobody here knows waits until every channel was asked', async () => {
    const patient = randomUUID();
    away.add(SECOND);
    await assert.rejects(rules.accept(ended(grant(patient, 'institute'))), notFresh);
    away.clear();
    assert.deepEqual(await placed(patient), [0, 0]);
  });

  test('who takes a patient’s pseudonym on another channel gets nothing by it', async () => {
    const patient = randomUUID();
    await rules.accept(grant(patient, 'clinic'));
    const { privateJwk, publicJwk } = generatePatientKey();
    const institute = channels.second.as({ mspId: 'InstituteMSP', name: 'i' });
    const subject = pseudonym(patient);
    await register(institute, subject, 'patient', 'InstituteMSP', publicJwk);
    await change(institute, { subject, privateJwk }, { consent: 'taken' });
    await submit(institute, 'records', 'RegisterHolder', subject);
    await rules.refresh();
    assert.notEqual(await effect('institute', patient).catch((error) => error.code), 'permit');
    assert.equal(await effect('clinic', patient), 'permit');
  });

  test('what another organization says under the same id keeps no revocation from its grant', async () => {
    const patient = randomUUID();
    const consent = grant(patient, 'institute');
    await rules.accept(consent);
    const { privateJwk, publicJwk } = generatePatientKey();
    const clinic = channels.home.as({ mspId: 'ClinicMSP', name: 'c' });
    const subject = `known-at-the-clinic-${randomUUID()}`;
    await register(clinic, subject, 'patient', 'ClinicMSP', publicJwk);
    await rules.link(patient, subject);
    await change(clinic, { subject, privateJwk }, { consent: String(consent.id) });
    await rules.refresh();
    assert.equal(await effect('clinic', patient), 'permit');
    await rules.accept(ended(consent));
    assert.deepEqual([await placed(patient), await effect('institute', patient)], [[0, 1], 'deny']);
  });

  test('others are registered and linked on the channel that is named, or at home', async () => {
    await assert.rejects(
      rules.registerParticipant({ id: 'x', role: 'clinic', mspId: 'HospitalMSP' }, 'other'),
      {
        code: 'ARGUMENT_INVALID',
      },
    );
    await rules.registerParticipant({ id: 'ward', role: 'clinic', mspId: 'HospitalMSP' }, SECOND);
    await rules.registerParticipant({ id: 'desk', role: 'clinic', mspId: 'HospitalMSP' });
    assert.deepEqual([each.home.knows('ward'), each.second.knows('ward')], [false, true]);
    assert.deepEqual([each.home.knows('desk'), each.second.knows('desk')], [true, false]);
    const onSecond = (await rules.participants()).filter(({ channel }) => channel === SECOND);
    assert.deepEqual(onSecond.map(({ id }) => id).sort(), ['hospital', 'institute', 'laboratory', 'ward']);
    const { publicJwk } = generatePatientKey();
    const institute = channels.second.as({ mspId: 'InstituteMSP', name: 'i' });
    await register(institute, 'subject-there', 'patient', 'InstituteMSP', publicJwk);
    const patient = randomUUID();
    await assert.rejects(rules.link(patient, 'subject-there'), { code: 'PARTICIPANT_UNKNOWN' });
    await rules.link(patient, 'subject-there', SECOND);
    assert.deepEqual(rules.subjectsOf(patient), [pseudonym(patient), 'subject-there']);
    assert.deepEqual(each.home.subjectsOf(patient), [pseudonym(patient)]);
  });

  test('history is that of the channel which has the consent', async () => {
    const patient = randomUUID();
    const consent = grant(patient, 'institute');
    await rules.accept(consent);
    time += 1000;
    await rules.accept(ended(consent));
    const id = String(consent.id);
    assert.deepEqual(
      (await rules.history(id))?.map(({ status }) => status),
      ['active', 'revoked'],
    );
    assert.equal((await rules.asOf(id, new Date(time - 500).toISOString()))?.status, 'active');
    assert.equal(await each.home.history(id), undefined);
    assert.equal(await rules.history(randomUUID()), undefined);
  });

  test('whatever is granted and revoked, wherever, nobody sees more than the own channel permits', async () => {
    const recipients = ['clinic', 'institute', 'laboratory'] as const;
    const own = { clinic: 'home', institute: 'second', laboratory: 'home' } as const;
    const step = fc.record({
      to: fc.constantFrom(...recipients),
      // By the bridge, which places it, or straight on a channel, where it may be out of place.
      on: fc.constantFrom('placed', 'home', 'second'),
      revoke: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        const patient = randomUUID();
        const granted = new Map<string, Resource>();
        for (const { to, on, revoke } of steps) {
          const where = on === 'placed' ? own[to] : on;
          const present = granted.get(`${to} ${where}`);
          if (revoke === (present === undefined)) continue;
          const consent = present ? ended(present) : grant(patient, to);
          await (on === 'placed' ? rules : each[on]).accept(consent);
          if (present) granted.delete(`${to} ${where}`);
          else granted.set(`${to} ${where}`, consent);
        }
        for (const to of recipients) {
          const permitted = granted.has(`${to} ${own[to]}`);
          assert.equal(await effect(to, patient), permitted ? 'permit' : 'deny', to);
          const patients = await rules.patients({ participant: to, purpose: 'TREAT' });
          assert.equal(patients.includes(patient), permitted, to);
        }
      }),
      { numRuns: 15 },
    );
  });
});
