// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../../src/fhir/resource.ts';
import { readMessage } from '../../src/ingest/hl7/message.ts';
import { fixture, message, normalizer, only, PID, resources } from './setting.ts';

const convert = (event: string, ...segments: string[]) => normalizer.convert(message(event, ...segments));
const EVN = 'EVN||20260102030405+0100';

test('an alias, a birth name or that of a spouse is no official, usual or nickname, and keeps its code', () => {
  const names = ['Doe^Jane^^^^^L', 'Roe^Jane^^^^^B', 'Poe^Jane^^^^^A', 'Coe^Jane^^^^^P', 'Moe^Jane^^^^^U'];
  const identity = 'PID|1||P1^^^CLINIC&2.999.1.1&ISO^MR||';
  const conversion = convert('ADT^A08', EVN, identity + names.join('~'), 'PV1|1|I|||||7^Lee^Ann^^^^^^^A');
  const called = (only(conversion, 'Patient')['name'] ?? []) as { use?: string }[];
  assert.deepEqual(
    called.map(({ use }) => use),
    ['official', undefined, undefined, undefined, undefined],
  );
  const sent = [...JSON.stringify(called).matchAll(/v2-0200","code":"(\w+)"/g)].map(([, code]) => code);
  assert.deepEqual(sent, ['B', 'A', 'P', 'U']);
  assert.match(JSON.stringify(only(conversion, 'Practitioner')['name']), /v2-0200","code":"A"/);
  assert.deepEqual([conversion.unmapped, conversion.issues.map(({ code }) => code)], [[], []]);
});

test('a language is called as browsers call it, whichever code of ISO 639 was sent', () => {
  for (const sent of ['th', 'tha', 'tha^Thai^ISO639', 'th^Thai^ISO639']) {
    const identity = `PID|1||P1^^^CLINIC&2.999.1.1&ISO^MR||Doe^Jane||||||||||${sent}`;
    const [spoken] = only(convert('ADT^A08', EVN, identity, 'PV1|1|I'), 'Patient')['communication'] as {
      language: { coding: { system: string; code: string }[] };
    }[];
    assert.equal(spoken?.language.coding[0]?.system, 'urn:ietf:bcp:47', sent);
    assert.equal(spoken.language.coding[0].code, 'th', sent);
  }
});

test('a reaction that is written in words is read as words, and a coded one as its code', () => {
  const allergy = (reaction: string) =>
    (only(convert('ADT^A60', EVN, PID, `IAM|1|DA|1^X^L||${reaction}|A|1^H`), 'AllergyIntolerance')[
      'reaction'
    ] ?? []) as { manifestation: { text?: string; coding?: unknown[] }[] }[];
  assert.deepEqual(allergy('Hives'), [{ manifestation: [{ text: 'Hives' }] }]);
  const [mixed] = allergy('R06.2^Wheezing^I10~Rash');
  assert.deepEqual(
    mixed?.manifestation.map(({ text, coding }) => text ?? coding?.length),
    [1, 'Rash'],
  );
});

test('an insured patient is shown by all her names', () => {
  const insured = 'IN1|1|P^Plan^L|I1|Mutual||||||||||||Doe^Jane^Mary|SEL';
  const conversion = convert('ADT^A08', EVN, PID, 'PV1|1|I', insured);
  const coverage = only(conversion, 'Coverage');
  assert.equal((coverage['subscriber'] as { display: string }).display, 'Jane Mary Doe');
  assert.deepEqual(conversion.unmapped, []);
});

test('the phone of a relative is not the phone of the care team', () => {
  const roles = [
    'ROL||AD|MTH^Mother^HL70063|^Doe^Ann|||||||',
    'ROL||AD|AT^Attending^HL70443|7^Lee^Ann|||||||',
  ];
  const told = (role: string) => convert('ADT^A01', EVN, PID, `${role}|^PRN^PH^^^^5550145`, 'PV1|1|I');
  assert.equal(only(told(roles[0]!), 'CareTeam')['telecom'], undefined);
  assert.match(JSON.stringify(only(told(roles[0]!), 'RelatedPerson')['telecom']), /5550145/);
  assert.match(JSON.stringify(only(told(roles[1]!), 'CareTeam')['telecom']), /5550145/);
});

test('a case manager is shown by name, not by separators', () => {
  const team = resources(normalizer.convert(fixture('252')), 'CareTeam')[0]!;
  const [manager] = team['participant'] as { member: { display: string } }[];
  assert.equal(manager?.member.display, 'Ruth Chambers');
});

test('a charge is booked for its department, beside the organization that performed', () => {
  const charge = resources(normalizer.convert(fixture('250')), 'ChargeItem')[0]!;
  assert.equal((charge['costCenter'] as { display: string }).display, 'Cardiology');
  assert.equal((charge['performingOrganization'] as { display: string }).display, 'Harbour Heart Unit');
});

test('the name of the sending software is that of SFT, else what MSH-3 calls it', () => {
  const header = 'MSH|^~\\&|APP^2.999.1.7^ISO|CLINIC|X|Y|20260102030405+0100||ADT^A08|T-1|P|2.5.1';
  const sourceOf = (...segments: string[]) => {
    const sent = readMessage([header, ...segments, EVN, PID, 'PV1|1|I'].join('\r'));
    const contained = resources(normalizer.convert(sent), 'Provenance')[0]?.['contained'] as Resource[];
    return contained.find(({ resourceType }) => resourceType === 'MessageHeader')?.['source'];
  };
  const source = { endpoint: 'urn:oid:2.999.1.7', name: 'APP' };
  assert.deepEqual(sourceOf(), { ...source, software: '2.999.1.7' });
  assert.deepEqual(sourceOf('SFT|Maker|4.2|Hub|b7'), { ...source, software: 'Hub', version: '4.2' });
});
