// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printJson } from '../../src/fhir/json.ts';
import { readMessage } from '../../src/ingest/hl7/message.ts';
import { normalizer as normalizerOf } from '../../src/normalize/convert.ts';
import { systemWithin } from '../../src/normalize/identity/systems.ts';
import { loadMappings } from '../../src/normalize/load.ts';
import { compileProgram } from '../../src/normalize/program.ts';
import { ID_SECRET, MAPPINGS, message, normalizer, PID } from './setting.ts';

test('a local coding system of a sender known by an OID is a valid URI of that sender', () => {
  assert.equal(systemWithin('urn:oid:2.999.10.1', '99LIS'), 'urn:id:2.999.10.1:99LIS');
  assert.equal(systemWithin('urn:id:HARBOUR', '99 LIS'), 'urn:id:HARBOUR:99%20LIS');
  assert.equal(systemWithin('https://harbour.example/', 'L'), 'https://harbour.example/L');
});

test("a code that HL7 doesn't list in its table is its sender's own, and one that it lists is HL7's", () => {
  const convert = (religion: string, category: string) => {
    const { entries, unknownCodes } = normalizer.convert(
      message(
        'ORU^R01',
        `${PID}||||||||||||${religion}`,
        `OBR|1||F1|K^Potassium^L||||||||||||||||||||${category}|F`,
      ),
    );
    const systems = entries.flatMap(({ resource }) =>
      [...printJson(resource).matchAll(/"system":"([^"]*)","code":"(?:JEDI|MOS|Lab|LAB)"/g)].map(
        ([, uri]) => uri,
      ),
    );
    return {
      systems: [...new Set(systems)],
      unknown: unknownCodes.map(({ field, code }) => `${field} ${code}`),
    };
  };
  const THO = 'http://terminology.hl7.org/CodeSystem';
  assert.deepEqual(convert('MOS', 'LAB').systems.sort(), [`${THO}/v2-0006`, `${THO}/v2-0074`]);
  const own = convert('JEDI', 'Lab');
  assert.deepEqual(own.systems.sort(), ['urn:id:2.999.1:HL70006', 'urn:id:2.999.1:HL70074']);
  assert.ok(
    own.unknown.includes('OBR-24 Lab'),
    "and it is listed among the codes that a site's file may explain",
  );
  // Said to be HL7's or not.
  assert.deepEqual(convert('JEDI^Jedi^HL70006', 'LAB').systems.sort(), [
    `${THO}/v2-0074`,
    'urn:id:2.999.1:HL70006',
  ]);
});

test("a site's file translates a code that HL7's table lacks, whatever the system of the site", async () => {
  const files = await loadMappings(MAPPINGS);
  const codes = { religion: { JEDI: 'v3-ReligiousAffiliation#1077' } };
  const clinic = { facility: 'CLINIC', authority: 'https://clinic.example/', codes };
  const { convert } = normalizerOf(compileProgram({ ...files, sites: { clinic } }), ID_SECRET);
  const text = printJson(convert(message('ADT^A08', `${PID}||||||||||||JEDI`)).bundle);
  assert.match(text, /v3-ReligiousAffiliation","code":"1077"/);
  assert.match(text, /"https:\/\/clinic\.example\/HL70006","code":"JEDI"/);
});

test('a number of the national register of providers is the same number, however its sender names the register', () => {
  const forms = [
    '1265136360^Reed^Ann^^^^^^NPI',
    '1265136360^Reed^Ann^^^^^^^^^^NPI',
    '1265136360^Reed^Ann^^^^^^&2.16.840.1.113883.4.6&ISO^^^^NPI',
  ];
  const systems = forms.map((form) => {
    const { entries } = normalizer.convert(message('ADT^A08', PID, `PV1|1|O|||||${form}`));
    const [practitioner] = entries.filter(({ resource }) => resource.resourceType === 'Practitioner');
    const [{ system }] = practitioner!.resource['identifier'] as [{ system: string }];
    return `${system} ${practitioner!.resource.id}`;
  });
  assert.match(systems[0]!, /^http:\/\/hl7\.org\/fhir\/sid\/us-npi /);
  assert.equal(new Set(systems).size, 1);
});

test("an ethnicity by CDC's code is CDC's, though its sender names HL7's table or none", () => {
  for (const sent of ['2186-5^Not Hispanic^HL70189', '2186-5']) {
    const { bundle, unknownCodes } = normalizer.convert(message('ADT^A08', `${PID}|||||||||||||||||${sent}`));
    assert.match(printJson(bundle), /"system":"urn:oid:2\.16\.840\.1\.113883\.6\.238","code":"2186-5"/);
    assert.deepEqual(unknownCodes, []);
  }
  const { unknownCodes } = normalizer.convert(message('ADT^A08', `${PID}|||||||||||||||||H`));
  assert.deepEqual(unknownCodes, []);
});

test('an authority whose universal id is none of its type is the one that its name names, and what was sent stays', () => {
  const readAs = (authority: string) => {
    const { bundle, entries, issues } = normalizer.convert(message('ADT^A08', `PID|1||7^^^${authority}^MR`));
    const patient = entries.find(({ resource }) => resource.resourceType === 'Patient')!.resource;
    const [{ system }] = patient['identifier'] as [{ system: string }];
    const reported = issues.some(({ diagnostics }) => /PID-3 .* none of its type/.test(diagnostics));
    return { system, id: patient.id, text: printJson(bundle), reported };
  };
  const plain = readAs('EPIC');
  assert.deepEqual([plain.system, plain.reported], ['urn:id:EPIC', false]);
  for (const written of ['MR&ISO', '1.2.x&ISO', 'urn:oid:MR&ISO', 'MR&UUID', 'MR&URI']) {
    const read = readAs(`EPIC&${written}`);
    assert.deepEqual([read.system, read.id, read.reported], [plain.system, plain.id, true], written);
    for (const [part, value] of written.split('&').entries())
      assert.ok(read.text.includes(`v2/PID-3.4.${part + 2}","valueString":"${value}"`), `${written} stays`);
  }
  // Alone it is all the name there is.
  assert.deepEqual([readAs('&MR&ISO').system, readAs('&MR&ISO').reported], ['urn:id:MR', true]);
  assert.match(readAs('&MR&ISO').text, /v2\/PID-3\.4\.3","valueString":"ISO"/);
});

test('an OID or UUID is one whatever it is said to be, and however it is written', () => {
  const systemOf = (authority: string) => {
    const { entries, issues } = normalizer.convert(message('ADT^A08', `PID|1||7^^^${authority}^MR`));
    assert.deepEqual(
      issues.filter(({ diagnostics }) => /none of its type/.test(diagnostics)),
      [],
    );
    const patient = entries.find(({ resource }) => resource.resourceType === 'Patient')!.resource;
    const [{ system }] = patient['identifier'] as [{ system: string }];
    return system;
  };
  for (const written of [
    '2.999.7&ISO',
    '2.999.7&DNS',
    '2.999.7',
    'urn:oid:2.999.7&ISO',
    'URN:OID:2.999.7&URI',
    'OID:2.999.7',
  ])
    assert.equal(systemOf(`EPIC&${written}`), 'urn:oid:2.999.7', written);
  const uuid = 'urn:uuid:550e8400-e29b-41d4-a716-446655440000';
  for (const written of [
    '550e8400-e29b-41d4-a716-446655440000&ISO',
    '550E8400E29B41D4A716446655440000&GUID',
    '{550e8400-e29b-41d4-a716-446655440000}&GUID',
    'urn:uuid:550e8400-e29b-41d4-a716-446655440000&UUID',
  ])
    assert.equal(systemOf(`EPIC&${written}`), uuid, written);
  assert.equal(systemOf('SSA&urn:oid:2.16.840.1.113883.4.1&ISO'), 'http://hl7.org/fhir/sid/us-ssn');
  assert.equal(systemOf('EPIC&epic.example.org&DNS'), 'urn:id:epic.example.org');
  assert.equal(systemOf('EPIC&https://epic.example/mr&ISO'), 'https://epic.example/mr');
  assert.equal(systemOf('EPIC&05D1234567&CLIA'), 'urn:id:05D1234567');
});

test('ids that places make up for themselves are those of their place', () => {
  const systemOf = (authority: string) => {
    const { entries } = normalizer.convert(message('ADT^A08', `PID|1||7^^^${authority}^MR`));
    const patient = entries.find(({ resource }) => resource.resourceType === 'Patient')!.resource;
    const [{ system }] = patient['identifier'] as [{ system: string }];
    return system;
  };
  for (const made of ['1&L', 'MR', 'MR&DNS', 'MR&M'])
    assert.notEqual(systemOf(`EPIC&${made}`), systemOf(`OTHER&${made}`), made);
  assert.equal(systemOf('EPIC&EPIC&L'), 'urn:id:EPIC');
});

test('facilities whose universal id is none are not taken for each other', () => {
  const idOf = (facility: string) => {
    const { entries } = normalizer.convert(
      message('ADT^A08', `${PID}`, `PD1|||H^^^^^${facility}&MR&ISO^XX^^^77`),
    );
    return entries
      .filter(({ resource }) => resource.resourceType === 'Organization')
      .map(({ resource }) => resource.id);
  };
  assert.notDeepEqual(idOf('ONE'), idOf('TWO'));
  const sender = (facility: string) => {
    const text = `MSH|^~\\&|APP|${facility}|MOORING|BRIDGE|20260102030405+0100||ADT^A08|T-1|P|2.5.1\r${PID}`;
    const [provenance] = normalizer
      .convert(readMessage(text))
      .entries.filter(({ resource }) => resource.resourceType === 'Provenance');
    return printJson(provenance!.resource);
  };
  assert.doesNotMatch(sender('ONE^MR^ISO'), /urn:oid:MR/);
});
