// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { buildGrant } from '../../src/consent/build.ts';
import { factsOf } from '../../src/consent/facts.ts';
import { MASK_EXTENSION, PARTICIPANT_ROLE_SYSTEM, PARTICIPANT_SYSTEM } from '../../src/consent/names.ts';
import { generatePatientKey, signConsent } from '../../src/consent/sign.ts';
import { readConsent } from '../../src/consent/terms.ts';
import type { FhirError } from '../../src/fhir/outcome.ts';
import type { Resource } from '../../src/fhir/resource.ts';

const grant = buildGrant({
  id: randomUUID(),
  patient: 'p1',
  to: 'clinic',
  from: 0,
  until: 1000,
  purposes: ['TREAT'],
});

/** The grant with other elements in its one exception. */
function withException(more: object): Resource {
  return { ...grant, provision: { provision: [{ type: 'permit', ...more }] } };
}

function refusedAt(consent: Resource, expression: string): void {
  assert.throws(
    () => readConsent(consent),
    (error: FhirError) => {
      assert.equal(error.status, 422);
      assert.equal(error.issues[0]?.expression, expression);
      return true;
    },
  );
}

test('a grant reads as a closed base with one exception', () => {
  const { patient, terms } = readConsent(grant);
  assert.equal(patient, 'p1');
  assert.equal(terms.provision.implicit, true);
  assert.deepEqual(terms.provision.provision?.[0]?.actor, [{ participant: 'clinic' }]);
});

test('a base decision on the root is taken as well', () => {
  const { terms } = readConsent({ ...grant, provision: { type: 'permit' } });
  assert.deepEqual(terms.provision, { type: 'permit' });
});

test('actors are named by reference, by identifier or by role', () => {
  const recipient = {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }],
  };
  const role = { coding: [{ system: PARTICIPANT_ROLE_SYSTEM, code: 'laboratory' }] };
  const identifier = { system: PARTICIPANT_SYSTEM, value: 'north' };
  const actor = [
    { role: recipient, reference: { identifier } },
    { role, reference: { display: 'any laboratory' } },
    { role, reference: { reference: 'Organization/lab' } },
  ];
  assert.deepEqual(readConsent(withException({ actor })).terms.provision.provision?.[0]?.actor, [
    { participant: 'north' },
    { role: 'laboratory' },
    { participant: 'lab', role: 'laboratory' },
  ]);
});

test('everything that can not be enforced is refused by name', () => {
  const at = 'Consent.provision.provision[0]';
  const coded = (code: string, system = 'http://example.org') => ({ coding: [{ system, code }] });
  const role = coded('PRCP', 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType');
  const { policyRule: _, ...withoutPolicy } = grant;
  const { provision: __, ...withoutRules } = grant;
  const { id: ___, ...withoutId } = grant;
  const cases: [Resource, string][] = [
    [{ ...grant, modifierExtension: [] }, 'Consent.modifierExtension'],
    [{ ...grant, implicitRules: 'urn:x' }, 'Consent.implicitRules'],
    [{ ...grant, policy: [{ uri: 'urn:x' }] }, 'Consent.policy'],
    [{ ...grant, status: 'proposed' }, 'Consent.status'],
    [{ ...grant, scope: coded('research') }, 'Consent.scope'],
    [{ ...grant, category: [] }, 'Consent.category'],
    [{ ...grant, patient: { reference: 'https://elsewhere.example/Patient/p' } }, 'Consent.patient'],
    [{ ...grant, dateTime: 'yesterday' }, 'Consent.dateTime'],
    [{ ...grant, policyRule: coded('ANY') }, 'Consent.policyRule'],
    [withoutPolicy as Resource, 'Consent.policyRule'],
    [withoutRules as Resource, 'Consent.provision'],
    [withoutId as Resource, 'Consent.id'],
    [{ ...grant, provision: {} }, 'Consent.provision.type'],
    [withException({ type: undefined }), `${at}.type`],
    [withException({ modifierExtension: [] }), `${at}.modifierExtension`],
    [withException({ extension: [{ url: 'urn:x' }] }), `${at}.extension[0]`],
    [withException({ period: { start: '2027', end: '2026' } }), `${at}.period`],
    [withException({ period: { start: 'soon' } }), `${at}.period`],
    [
      withException({ actor: [{ role, reference: { reference: 'Practitioner/x' } }] }),
      `${at}.actor[0].reference`,
    ],
    [withException({ actor: [{ role, reference: {} }] }), `${at}.actor[0].reference`],
    [
      withException({ actor: [{ role: coded('X'), reference: { reference: 'Organization/x' } }] }),
      `${at}.actor[0].role`,
    ],
    [withException({ actor: [] }), `${at}.actor`],
    [
      withException({ action: [coded('disclose', 'http://terminology.hl7.org/CodeSystem/consentaction')] }),
      `${at}.action[0]`,
    ],
    [withException({ purpose: [{ system: 'urn:x', code: 'TREAT' }] }), `${at}.purpose[0].system`],
    [withException({ class: [{ system: 'urn:ietf:bcp:13', code: 'text/plain' }] }), `${at}.class[0].system`],
    [withException({ code: [{ text: 'blood' }] }), `${at}.code[0]`],
    [
      withException({ data: [{ meaning: 'related', reference: { reference: 'Encounter/e' } }] }),
      `${at}.data[0].meaning`,
    ],
    [
      withException({ data: [{ meaning: 'instance', reference: { display: 'x' } }] }),
      `${at}.data[0].reference`,
    ],
  ];
  for (const [consent, expression] of cases) refusedAt(consent, expression);
});

test('masked elements become obligations of the rule that permits', () => {
  const extension = [{ url: MASK_EXTENSION, valueString: 'note' }];
  assert.deepEqual(readConsent(withException({ extension })).terms.provision.provision?.[0]?.mask, ['note']);
  refusedAt(withException({ type: 'deny', extension }), 'Consent.provision.provision[0].extension');
});

test('what is refused tells no value of the Consent', () => {
  const secret = 'Quillfeather';
  assert.throws(
    () => readConsent(withException({ code: [{ coding: [{ code: 1, display: secret }] }] })),
    (error: Error) => !error.message.includes(secret),
  );
});

test('signing again replaces what was signed before', () => {
  const { privateJwk } = generatePatientKey();
  const once = signConsent(grant, privateJwk, { version: 1, at: 0 });
  const twice = signConsent({ ...once, status: 'inactive' }, privateJwk, { version: 2, at: 0 });
  assert.equal((twice['extension'] as unknown[]).length, 3);
  const { version, salt, signature } = readConsent(twice);
  assert.equal(version, 2);
  assert.equal(salt?.length, 32);
  assert.match(signature ?? '', /^[\w-]+\.\.[\w-]+$/);
});

test('the facts of a resource are codes, labels and when it happened', () => {
  const facts = factsOf({
    resourceType: 'Observation',
    id: 'o1',
    meta: { security: [{ system: 's', code: 'R' }] },
    code: { coding: [{ system: 'http://loinc.org', code: '718-7' }], text: 'never this' },
    category: [{ coding: [{ system: 'c', code: 'laboratory' }] }],
    effectivePeriod: { start: '2026-05-01', end: '2026-05' },
    issued: '2027-01-01T00:00:00Z',
  });
  assert.deepEqual(facts, {
    type: 'Observation',
    id: 'o1',
    codes: [
      { system: 'http://loinc.org', code: '718-7' },
      { system: 'c', code: 'laboratory' },
    ],
    labels: [{ system: 's', code: 'R' }],
    period: { start: '2026-05-01T00:00:00.000Z', end: '2026-05-31T23:59:59.999Z' },
  });
});
