// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '@mooring/chaincode/decide';
import type { AccessRequest, ConsentTerms, Provision } from '@mooring/chaincode/terms';
import fc from 'fast-check';

const AT = '2026-05-10T12:00:00Z';
const TYPES = 'http://hl7.org/fhir/resource-types';
const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';

const request: AccessRequest = {
  subject: 's',
  custodian: 'hospital',
  recipient: 'clinic',
  roles: ['clinic'],
  purpose: 'TREAT',
  action: 'access',
  resource: {
    type: 'Observation',
    id: 'o1',
    codes: [{ system: 'http://loinc.org', code: '718-7' }],
    labels: [],
    period: { start: '2026-05-01', end: '2026-05-01' },
  },
};

function consent(provision: Provision, more: Partial<ConsentTerms> = {}): ConsentTerms {
  return { subject: 's', consent: 'c1', version: 1, status: 'active', provision, ...more };
}

function effect(consents: ConsentTerms[], asked: Partial<AccessRequest> = {}, at = AT): string {
  const decision = decide(consents, { ...request, ...asked }, at);
  return decision.effect === 'permit' ? 'permit' : decision.reason;
}

const toClinic: Provision = { type: 'permit', actor: [{ participant: 'clinic' }] };

test('without a consent nobody sees anything', () => {
  assert.equal(effect([]), 'NO_CONSENT');
  assert.equal(effect([consent(toClinic, { subject: 'someone else' })]), 'NO_CONSENT');
});

test('a grant to one participant is a grant to nobody else', () => {
  assert.equal(effect([consent(toClinic)]), 'permit');
  assert.equal(effect([consent(toClinic)], { recipient: 'pharmacy' }), 'NOT_COVERED');
});

test('a grant to a role reaches any participant in it', () => {
  const byRole: Provision = { type: 'permit', actor: [{ role: 'laboratory' }, { role: 'clinic' }] };
  assert.equal(effect([consent(byRole)]), 'permit');
  assert.equal(effect([consent(byRole)], { roles: ['pharmacy'] }), 'NOT_COVERED');
});

test('an actor without participant and role is nobody', () => {
  assert.equal(effect([consent({ type: 'permit', actor: [{}] })]), 'NOT_COVERED');
});

test('elements of one rule must all match, repeats of one element any', () => {
  const rule: Provision = {
    ...toClinic,
    class: [
      { system: TYPES, code: 'Condition' },
      { system: TYPES, code: 'Observation' },
    ],
    purpose: [{ code: 'TREAT' }],
  };
  assert.equal(effect([consent(rule)]), 'permit');
  assert.equal(effect([consent(rule)], { purpose: 'HRESCH' }), 'NOT_COVERED');
  assert.equal(effect([consent({ ...rule, class: [{ code: 'Condition' }] })]), 'NOT_COVERED');
  assert.equal(effect([consent({ ...rule, action: [{ code: 'correct' }] })]), 'NOT_COVERED');
});

test('a code matches with its system only', () => {
  const coded = (system?: string): Provision => ({
    ...toClinic,
    code: [{ ...(system ? { system } : {}), code: '718-7' }],
  });
  assert.equal(effect([consent(coded('http://loinc.org'))]), 'permit');
  assert.equal(effect([consent(coded('http://snomed.info/sct'))]), 'NOT_COVERED');
  assert.equal(effect([consent(coded())]), 'NOT_COVERED');
});

test('a period ends with the last instant of its last day', () => {
  const rule = { ...toClinic, period: { start: '2026-05-01', end: '2026-05-10' } };
  assert.equal(effect([consent(rule)], {}, '2026-05-10T23:59:59Z'), 'permit');
  assert.equal(effect([consent(rule)], {}, '2026-05-11T00:00:00Z'), 'EXPIRED');
  const decision = decide([consent(rule)], request, AT);
  assert.equal(decision.effect === 'permit' && decision.until, '2026-05-10T23:59:59.999Z');
});

test('a data period takes only records that lie wholly within, and a deny all that touch it', () => {
  const within = (type: 'permit' | 'deny'): Provision => ({
    type,
    dataPeriod: { start: '2026-04-30', end: '2026-05-02' },
  });
  const long = { ...request.resource!, period: { start: '2026-05-01', end: '2026-05-20' } };
  assert.equal(effect([consent(within('permit'))]), 'permit');
  assert.equal(effect([consent(within('permit'))], { resource: long }), 'NOT_COVERED');
  const unless = consent({ type: 'permit', provision: [within('deny')] });
  assert.equal(effect([unless], { resource: long }), 'DENIED_BY_PROVISION');
  const { period: _, ...timeless } = long;
  assert.equal(effect([consent(within('permit'))], { resource: timeless }), 'NOT_COVERED');
  assert.equal(effect([unless], { resource: timeless }), 'DENIED_BY_PROVISION');
});

test('a permit up to normal leaves restricted records out, and a deny of restricted also covers very restricted', () => {
  const labelled = (code: string) => ({
    resource: { ...request.resource!, labels: [{ system: CONFIDENTIALITY, code }] },
  });
  const upToNormal = consent({ ...toClinic, securityLabel: [{ system: CONFIDENTIALITY, code: 'N' }] });
  assert.equal(effect([upToNormal]), 'permit');
  assert.equal(effect([upToNormal], labelled('L')), 'permit');
  assert.equal(effect([upToNormal], labelled('R')), 'NOT_COVERED');
  const notRestricted = consent({
    ...toClinic,
    provision: [{ type: 'deny', securityLabel: [{ system: CONFIDENTIALITY, code: 'R' }] }],
  });
  assert.equal(effect([notRestricted], labelled('V')), 'DENIED_BY_PROVISION');
  assert.equal(effect([notRestricted], labelled('N')), 'permit');
});

test('single records can be granted, and withheld', () => {
  const one: Provision = { ...toClinic, data: [{ meaning: 'instance', reference: 'Observation/o1' }] };
  assert.equal(effect([consent(one)]), 'permit');
  assert.equal(effect([consent(one)], { resource: { ...request.resource!, id: 'o2' } }), 'NOT_COVERED');
  assert.equal(
    effect([consent({ type: 'permit', provision: [{ ...one, type: 'deny' }] })]),
    'DENIED_BY_PROVISION',
  );
});

test('exceptions nest: permit, but not Observations, but this one', () => {
  const nested = consent({
    type: 'permit',
    provision: [
      {
        type: 'deny',
        class: [{ code: 'Observation' }],
        provision: [{ type: 'permit', code: [{ system: 'http://loinc.org', code: '718-7' }] }],
      },
    ],
  });
  const decision = decide([nested], request, AT);
  assert.equal(decision.effect === 'permit' && decision.provision, 'provision.provision[0].provision[0]');
  assert.equal(effect([nested], { resource: { ...request.resource!, codes: [] } }), 'DENIED_BY_PROVISION');
  assert.equal(effect([nested], { resource: { ...request.resource!, type: 'Condition' } }), 'permit');
});

test('a closed base without a type leaves others’ grants alone; a root that says deny does not', () => {
  const closed = consent(
    { type: 'deny', implicit: true, provision: [{ type: 'permit', actor: [{ participant: 'pharmacy' }] }] },
    { consent: 'c2' },
  );
  assert.equal(effect([consent(toClinic), closed]), 'permit');
  assert.equal(effect([closed], { recipient: 'pharmacy' }), 'permit');
  assert.equal(effect([closed]), 'NOT_COVERED');
  assert.equal(
    effect([consent(toClinic), consent({ type: 'deny' }, { consent: 'c2' })]),
    'DENIED_BY_PROVISION',
  );
});

test('a consent about other organizations’ records says nothing here', () => {
  assert.equal(effect([consent(toClinic, { custodian: ['elsewhere'] })]), 'NO_CONSENT');
  assert.equal(effect([consent(toClinic, { custodian: ['hospital'] })]), 'permit');
});

test('the newest version counts, and a revoked one denies', () => {
  const revoked = consent(toClinic, { version: 2, status: 'revoked' });
  assert.equal(effect([revoked, consent(toClinic)]), 'REVOKED');
});

test('of two permits the one that masks less counts', () => {
  const masked = consent({ ...toClinic, mask: ['note'] });
  const open = consent(toClinic, { consent: 'c2' });
  const first = decide([masked], request, AT);
  assert.deepEqual(first.effect === 'permit' && first.obligations, [{ kind: 'mask', elements: ['note'] }]);
  const both = decide([masked, open], request, AT);
  assert.deepEqual(both.effect === 'permit' && both.obligations, []);
});

test('asked without a record: is there anything? A partial deny does not hide the rest', () => {
  const { resource: _, ...any } = request;
  const partly = consent({ ...toClinic, provision: [{ type: 'deny', class: [{ code: 'Observation' }] }] });
  assert.equal(decide([partly], any, AT).effect, 'permit');
  assert.equal(decide([partly, consent({ type: 'deny' }, { consent: 'c2' })], any, AT).effect, 'deny');
});

const code = fc.constantFrom({ code: 'Observation' }, { code: 'Condition' });
const rule = fc.letrec<{ rule: Provision }>((tie) => ({
  rule: fc.record(
    {
      type: fc.constantFrom('permit' as const, 'deny' as const),
      period: fc.constantFrom({}, { end: '2026-05-10' }, { end: '2025' }, { start: '2027' }),
      actor: fc.constantFrom(
        [{ participant: 'clinic' }],
        [{ participant: 'pharmacy' }],
        [{ role: 'clinic' }],
      ),
      purpose: fc.constantFrom([{ code: 'TREAT' }], [{ code: 'HRESCH' }]),
      class: fc.array(code, { minLength: 1, maxLength: 2 }),
      provision: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constant([]),
        fc.array(tie('rule'), { maxLength: 2 }),
      ),
    },
    { requiredKeys: ['type'] },
  ) as fc.Arbitrary<Provision>,
})).rule;
const consents = fc
  .array(fc.tuple(rule, fc.constantFrom('active' as const, 'revoked' as const)), { maxLength: 4 })
  .map((all) =>
    all.map(([provision, status], index) => consent(provision, { consent: `c${index}`, status })),
  );
const asked = fc.record({
  ...Object.fromEntries(Object.entries(request).map(([name, value]) => [name, fc.constant(value)])),
  recipient: fc.constantFrom('clinic', 'pharmacy'),
  purpose: fc.constantFrom('TREAT', 'HRESCH'),
  resource: fc.constantFrom('Observation', 'Condition').map((type) => ({ ...request.resource!, type })),
}) as unknown as fc.Arbitrary<AccessRequest>;

test('no consent set lets more through than its widest grant', () => {
  fc.assert(
    fc.property(consents, asked, (all, request) => {
      const together = decide(all, request, AT).effect;
      const alone = all.some((one) => decide([one], request, AT).effect === 'permit');
      assert.ok(together === 'deny' || alone);
    }),
    { numRuns: 500 },
  );
});

test('adding a deny, as a consent or as an exception, never widens', () => {
  fc.assert(
    fc.property(consents, rule, asked, fc.nat(3), (all, extra, request, where) => {
      if (decide(all, request, AT).effect === 'permit') return;
      const denying: Provision = { ...extra, type: 'deny', provision: [] };
      assert.equal(decide([...all, consent(denying, { consent: 'more' })], request, AT).effect, 'deny');
      const excepted = all.map((one, index) =>
        index === where
          ? {
              ...one,
              provision: { ...one.provision, provision: [...(one.provision.provision ?? []), denying] },
            }
          : one,
      );
      assert.equal(decide(excepted, request, AT).effect, 'deny');
    }),
    { numRuns: 500 },
  );
});

test('revoking every consent denies everything', () => {
  fc.assert(
    fc.property(consents, asked, (all, request) => {
      const revoked = all.map((one) => ({ ...one, version: one.version + 1, status: 'revoked' as const }));
      assert.equal(decide([...all, ...revoked], request, AT).effect, 'deny');
    }),
    { numRuns: 300 },
  );
});

test('outside the period of its root a consent permits nothing', () => {
  fc.assert(
    fc.property(consents, asked, (all, request) => {
      const past = all.map((one) => ({
        ...one,
        provision: { ...one.provision, period: { end: '2026-05-09' } },
      }));
      assert.equal(decide(past, request, AT).effect, 'deny');
    }),
    { numRuns: 300 },
  );
});

test('who may see a record may also ask whether there is anything', () => {
  fc.assert(
    fc.property(consents, asked, (all, request) => {
      if (decide(all, request, AT).effect === 'deny') return;
      const { resource: _, ...any } = request;
      assert.equal(decide(all, any, AT).effect, 'permit');
    }),
    { numRuns: 500 },
  );
});
