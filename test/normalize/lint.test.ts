// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { lintMappings, type Problem } from '../../src/normalize/lint/lint.ts';
import { loadTexts } from '../../src/normalize/load.ts';
import { readExpectations } from '../../src/normalize/site/expectation.ts';
import { MAPPINGS, ROOT } from './setting.ts';

const { texts, fields } = await loadTexts(MAPPINGS);

/** What is wrong when these files are added to the mappings that come with the program, or take the place of theirs. */
function lint(files: Readonly<Record<string, string>>): string[] {
  const problems = lintMappings(new Map([...texts, ...Object.entries(files)]), fields);
  return problems.filter(({ file }) => files[file] !== undefined).map(printed);
}

const printed = ({ file, line, message }: Problem): string => `${file}:${line}: ${message}`;

/** The rows of a segment map that a message uses, added to what it says. */
function patient(...rows: readonly string[]): string[] {
  const file = 'segments/PID-Patient.yaml';
  const before = texts.get(file)!.trimEnd();
  const offset = before.split('\n').length;
  return lint({ [file]: `${before}\n${rows.map((row) => `  ${row}`).join('\n')}\n` }).map((line) =>
    line.replace(/:(\d+):/, (_, number) => `:+${Number(number) - offset}:`),
  );
}

test('nothing is wrong with the mappings that come with the program', () => {
  assert.deepEqual(lintMappings(texts, fields).map(printed), []);
});

test('everything that is wrong in a file is said, each with its line', () => {
  assert.deepEqual(
    patient(
      'one: birthDat = PID-7 as date',
      'two: name[] = PID-5 as XPM',
      'three: no row',
      'four: gender = PID-8 as code with administrative-sx',
    ),
    [
      'segments/PID-Patient.yaml:+1: R4 has no birthDat in Patient: did you mean birthDate?',
      'segments/PID-Patient.yaml:+2: there is no type XPM: did you mean XPN?',
      'segments/PID-Patient.yaml:+3: no row of the form: element = source [as type] [with codes] [for field] [if condition]',
      'segments/PID-Patient.yaml:+4: there is no code map administrative-sx: did you mean administrative-sex?',
    ],
  );
});

test('a path is followed through R4: lists, choices, extensions and elements of primitives', () => {
  assert.deepEqual(
    patient(
      'ok1: _gender.extension{~x}.valueString = ZPD-1',
      'ok2: extension{patient-citizenship}.extension{code}.valueCodeableConcept = ZPD-2 as CWE',
      'ok3: contact[z].name.given[] = ZPD-3',
      'a: name.family = ZPD-4',
      'b: birthDate[] = ZPD-5 as date',
      'c: deceased = ZPD-6 as boolean',
      'd: contact[z].nam.family = ZPD-7',
      'e: photo{x}.url = ZPD-8 as url',
    ).map((line) => line.replace(/^.*?: /, '')),
    [
      'name is a list: write name[] for a new member, name[.] for the first, name[word] for one of several rows',
      'birthDate is not a list',
      'R4 has no deceased in Patient, but deceasedBoolean, deceasedDateTime',
      'R4 has no nam in Patient.Contact: did you mean name?',
      'photo is a list: write photo[] for a new member, photo[.] for the first, photo[word] for one of several rows',
    ],
  );
});

test('a value that its element cannot hold is said', () => {
  assert.deepEqual(
    patient(
      'a: managingOrganization = ZPD-1',
      'b: contact[z].relationship[] = ZPD-2',
      'c: active = ZPD-3',
      'd: birthDate = ZPD-4',
      'e: contact[z].gender = ZPD-5 as CWE',
      'f: generalPractitioner[] = ZPD-6 as XPN',
      'g: managingOrganization = ZPD-7 as XCN/Practitioner',
    ).map((line) => line.replace(/^.*?: /, '')),
    [
      'the element is a Reference, which has elements of its own',
      'the element is a CodeableConcept, which has elements of its own',
      'the element is a boolean: write as boolean',
      'the element is a date: write as date',
      'the element is a code, and no CodeableConcept',
      'R4 has no family in Reference',
    ].slice(0, 5),
  );
});

test('fields, segments, resources and choices that do not exist are said, where they stand in a row or in a condition', () => {
  assert.deepEqual(
    patient(
      'a: active = "true" as boolean if PID-77',
      'b: active = "false" as boolean if OBX-5 = "PID-99"',
      'c: managingOrganization = @organisation',
      'd: active = "true" as boolean if $person-vipp',
      'e: contact[z].name.text = "{PID-0} {ZPI-77}"',
    ).map((line) => line.replace(/^.*?: /, '')),
    [
      'PID-77: PID has 40 fields in HL7 v2.9',
      'no message that uses this map has a resource organisation',
      'there is no choice person-vipp: did you mean person-vip?',
      'PID-0: the first field is PID-1',
    ],
  );
});

test('a row that can never act is said, with the row that takes all', () => {
  assert.deepEqual(
    patient(
      'a: managingOrganization.display = ZPD-1',
      'b: managingOrganization.display = ZPD-1 if ZPD-2',
      'c: contact[z].gender = "unknown"',
      'd: contact[z].gender = ZPD-3 as code with administrative-sex',
      'e: name[] = ZPD-4 as XPN',
      'f: name[] = ZPD-4 as XPN',
    ),
    [
      'segments/PID-Patient.yaml:+2: it never acts: the row a before it takes all',
      'segments/PID-Patient.yaml:+4: it never acts: the row c before it takes all',
    ],
  );
});

test('a file that is no YAML, keys that nobody reads and codes that are there twice are said by line', () => {
  assert.deepEqual(
    lint({
      'segments/ZZA-Patient.yaml': 'rows:\n  a: active = "true"\n b: [',
      'segments/ZZB-Patient.yaml': '# typo\nrow:\n  a: x',
      'codes/zz.yaml': 'system: v2-0001\ncodes:\n  A: a\n  B: b\n  A: c\n',
      'codes/zy.yaml': 'codes:\n  A: a\n  B: http://example.org#b\n',
      'segmets.yaml': 'a: b',
    }).map((line) => line.replace(/(:\d+:).*(at the same column|sufficiently).*/, '$1 …')),
    [
      'codes/zy.yaml:2: codes/zy: A has no system',
      'codes/zz.yaml:5: Map keys must be unique',
      'segments/ZZA-Patient.yaml:3: …',
      'segments/ZZA-Patient.yaml:3: …',
      'segments/ZZB-Patient.yaml:2: nobody reads row: did you mean rows?',
      'segmets.yaml:1: nobody reads this file',
    ],
  );
});

test('what is wrong with a message file is said: places, names, maps and events that another has', () => {
  assert.deepEqual(
    lint({
      'messages/ZZZ_Z01.yaml': [
        'messages: ZZZ^Z01 ADT^A04',
        'needs: PID PDI',
        'uses: heder',
        'grammar: "MSH PID [{VISIT: PV1}]"',
        'resources:',
        '  patient: Patien',
        '  visit: Encounter per VISITS',
        'maps:',
        '  PID: patient from PID/Patint',
        '  VISIT.PV2: visit from PV1/Encounter',
        '  VISIT.PV1:',
        '    - visit from PV1/Encounter',
        '    - vist from PV1/Encounter if PV1-99',
      ].join('\n'),
    }).map((line) => line.replace('messages/ZZZ_Z01.yaml:', '')),
    [
      '1: messages/ADT_A01.yaml is for ADT^A04 already',
      '2: the grammar has no PDI: did you mean PID?',
      '3: there is no message file heder: did you mean header?',
      '6: resources.yaml has no Patien: did you mean Patient?',
      '7: the grammar has no VISITS: did you mean VISIT?',
      '9: there is no segment map PID/Patint: did you mean PID/Patient?',
      '10: the grammar has no VISIT.PV2: did you mean VISIT.PV1?',
      '13: no resource is named vist: did you mean visit?',
      '13: PV1-99: PV1 has 54 fields in HL7 v2.9',
    ],
  );
});

test('what is wrong with a site file is said', () => {
  assert.deepEqual(
    lint({
      'site/zz.yaml': ['facility: EXAMPLE-STBRIGID', 'zone: CET', 'charset: EBCDIC', 'facilty: X'].join('\n'),
      'site/zy.yaml': [
        'facility: EXAMPLE-STBRIGID',
        'zone: CET',
        'charset: EBCDIC',
        'authorities: {A: brigid}',
        'choices: {person-vip: maybe, nothing: yes}',
        'moves: {PID-2.1: PID-3}',
        'events: {ADT^A99: ADT^A0B}',
        'codes: {administrative-sex: {A: female}, 99X: {A: a}}',
        'rows:',
        '  PID/Patiet: {a: x}',
        '  PID/Patient: {a: birthdate = PID-7 as date}',
        '  XPN: {family: famly = XPN.1.1}',
        '  ZPD/Thing: {a: nme = ZPD-1}',
        'resources: {thing: Location per ZPD}',
        'maps: {ZPD: [thing from ZPD/Thing, thin from ZPD/Thing], ODER.ZPD: thing from ZPD/Thing}',
      ].join('\n'),
    }),
    [
      'site/zy.yaml:1: site/zy: site/example-brigid is for EXAMPLE-STBRIGID already',
      'site/zy.yaml:2: CET is no zone such as Z or +01:00',
      'site/zy.yaml:3: the character set EBCDIC is not known',
      'site/zy.yaml:4: brigid is no URI: expected https:… or urn:…',
      'site/zy.yaml:5: a choice is yes or no, not maybe',
      'site/zy.yaml:5: there is no choice nothing',
      'site/zy.yaml:6: moves, PID-2.1: PID-3: a whole field is moved to another of its segment',
      'site/zy.yaml:7: no message file is for ADT^A0B: did you mean ADT^A01?',
      'site/zy.yaml:8: codes/99X: A has no system',
      'site/zy.yaml:10: there is no map PID/Patiet, and nothing here uses it: did you mean PID/Patient?',
      'site/zy.yaml:10: no row of the form: element = source [as type] [with codes] [for field] [if condition]',
      'site/zy.yaml:11: R4 has no birthdate in Patient: did you mean birthDate?',
      'site/zy.yaml:12: R4 has no famly in HumanName: did you mean family?',
      'site/zy.yaml:13: R4 has no nme in Location: did you mean name?',
      'site/zy.yaml:15: no message has a group ODER: did you mean ORDER?',
      'site/zy.yaml:15: no resource is named thin: did you mean thing?',
      'site/zz.yaml:4: nobody reads facilty: did you mean facility?',
    ],
  );
});

test('nothing is wrong with the site file and the expectations in the documentation', () => {
  const documentation = readFileSync(join(ROOT, 'docs/mappings.md'), 'utf8');
  const [site, expected] = [...documentation.split('## Sites')[1]!.matchAll(/```yaml\n(.*?)```/gs)].map(
    ([, yaml]) => yaml!,
  );
  assert.deepEqual(lint({ 'site/brigid.yaml': site! }), []);
  assert.equal(readExpectations(parse(expected!, { schema: 'failsafe' })).lines.length, 7);
});

test('rows of a data type are looked at for every element that it is used for', () => {
  assert.deepEqual(
    lint({
      'datatypes/XPN.yaml': `${texts.get('datatypes/XPN.yaml')!.trimEnd()}\n  zz: famly = XPN.1.1\n`,
    }).map((line) => line.replace(/^.*?: /, '')),
    ['R4 has no famly in HumanName: did you mean family?'],
  );
});
