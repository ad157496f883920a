// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printJson } from '../../src/fhir/json.ts';
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
