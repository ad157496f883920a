// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MappingError, openNormalizer } from '../../src/normalize/normalizer.ts';
import { fixture, ID_SECRET, MAPPINGS, message, normalizer, only, PID, resources } from './setting.ts';

/** The mappings of the program with some files changed, for as long as the test runs. */
async function withMappings<T>(
  files: Record<string, string>,
  run: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'mappings-'));
  try {
    await cp(MAPPINGS, folder, { recursive: true });
    await mkdir(join(folder, 'site'), { recursive: true });
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const open = (folder: string) => openNormalizer({ folder, idSecret: ID_SECRET });

test('a site file holds for the messages of its facility, and for no other', async () => {
  const site = `
facility: CLINIC
zone: '-05:00'
authority: https://clinic.example/patients
authorities: { LAB: urn:oid:2.999.8 }
coding-systems: { 99CL: https://clinic.example/codes }
codes:
  administrative-sex: { W: female }
rows:
  PID/Patient:
    quiet-room: extension{https://clinic.example/quiet-room}.valueString = ZPD-2
    religion: ''
`;
  await withMappings({ 'site/clinic.yaml': site }, async (folder) => {
    const pid = 'PID|1||P1~P2^^^LAB||Doe||20260101|W|||||||||CHR';
    const segments = ['EVN||202601020304', pid, 'PV1|1|O', 'ZPD|1|second floor', 'DG1|1||X^y^99CL'];
    const { convert } = await open(folder);
    const conversion = convert(message('ADT^A04', ...segments));
    const patient = only(conversion, 'Patient');
    assert.deepEqual(patient['identifier'], [
      { system: 'https://clinic.example/patients', value: 'P1' },
      { system: 'urn:oid:2.999.8', value: 'P2' },
    ]);
    assert.equal(patient['gender'], 'female');
    assert.deepEqual(patient['extension'], [
      { url: 'https://clinic.example/quiet-room', valueString: 'second floor' },
      // The site took the row of PID-17 away: what no row takes is kept under the name of its field.
      { url: 'https://mooring.example/fhir/v2/PID-17', valueString: 'CHR' },
    ]);
    assert.match(JSON.stringify(only(conversion, 'Condition')['code']), /https:\/\/clinic\.example\/codes/);
    const unmapped = conversion.unmapped.map(({ segment, field }) => `${segment}-${field}`);
    assert.ok(unmapped.includes('PID-17') && !unmapped.includes('ZPD-2'));
    const other = convert(fixture('067'));
    assert.ok(other.unmapped.some(({ segment, field }) => segment === 'ZPD' && field === 2));
  });
});

test('a row, type, code map or position that does not exist is refused at start, by file and row', async () => {
  const wrong: Record<string, [file: string, content: string, place: RegExp]> = {
    'a row that is none': [
      'segments/PID-Patient.yaml',
      'rows:\n  names: name of PID-5',
      /segments\/PID-Patient, row names/,
    ],
    'a field that is none': [
      'segments/PID-Patient.yaml',
      'rows:\n  names: name[] = PID.five as XPN',
      /row names.*PID\.five/,
    ],
    'an unknown type': [
      'segments/PID-Patient.yaml',
      'rows:\n  names: name[] = PID-5 as XPX',
      /row names.*XPX/,
    ],
    'an unknown code map': [
      'segments/PID-Patient.yaml',
      'rows:\n  sex: gender = PID-8 as code with sexes',
      /row sex.*sexes/,
    ],
    'a condition that is none': [
      'segments/PID-Patient.yaml',
      'rows:\n  sex: gender = PID-8 if PID-8 = F',
      /row sex.*quotes/,
    ],
    'an unknown segment map': [
      'messages/ADT_A02.yaml',
      'messages: ADT^A02\ngrammar: MSH PID\nresources: {p: Patient}\nmaps: {PID: p from PID/Person}',
      /messages\/ADT_A02.*PID\/Person/,
    ],
    'an unknown position': [
      'messages/ADT_A02.yaml',
      'messages: ADT^A02\ngrammar: MSH PID\nresources: {p: Patient}\nmaps: {PIX: p from PID/Patient}',
      /messages\/ADT_A02.*PIX/,
    ],
    'a resource without rules': [
      'messages/ADT_A02.yaml',
      'messages: ADT^A02\ngrammar: MSH PID\nresources: {p: Person}\nmaps: {PID: p from PID/Patient}',
      /messages\/ADT_A02.*Person/,
    ],
    'no YAML': ['codes/religion.yaml', 'codes: {A: [', /codes\/religion\.yaml/],
  };
  for (const [what, [file, content, place]] of Object.entries(wrong)) {
    await withMappings({ [file]: content }, async (folder) => {
      await assert.rejects(open(folder), (error) => {
        assert.ok(error instanceof MappingError, what);
        assert.match(error.message, place, what);
        return true;
      });
    });
  }
});

test('explaining says of every value which field and which rows it came from', () => {
  const conversion = normalizer.convert(fixture('001'), { explain: true });
  const patient = conversion.entries.find((entry) => entry.resource.resourceType === 'Patient')!;
  const origin = (path: string) =>
    conversion.origins.find((one) => one.resource === patient.fullUrl && one.path === path);
  assert.deepEqual(origin('Patient.name[1].family'), {
    resource: patient.fullUrl,
    path: 'Patient.name[1].family',
    field: 'PID-5[2].1',
    row: 'segments/PID-Patient#names > datatypes/XPN#family',
  });
  assert.equal(origin('Patient.birthDate')?.field, 'PID-7.1');
  assert.equal(origin('Patient.maritalStatus.coding[0].code')?.field, 'PID-16.1');
  assert.match(origin('Patient.telecom[3].use')?.row ?? '', /^segments\/PID-Patient#/);
  const unexplained: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        visit(member, Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`);
      }
    } else if (!origin(`Patient.${path}`)) unexplained.push(path);
  };
  visit(patient.resource, '');
  // What a mapped code is called, and where an extension is defined, is said by the code map and the row.
  const rest = unexplained.filter(
    (path) => !/^(resourceType|id)$|\.url$|\.reference$|coding\[\d\]\.(system|display)$/.test(path),
  );
  assert.deepEqual(
    rest.filter((path) => !/generalPractitioner\[\d\]\.display/.test(path)),
    [],
  );
  assert.deepEqual(normalizer.convert(fixture('001')).origins, []);
});

test('without any zone a time of day is left out rather than invented, and that is reported', async () => {
  const { convert } = await open(MAPPINGS);
  const conversion = convert(fixture('020'));
  assert.deepEqual(only(conversion, 'Encounter')['period'], { start: '1999-11-04' });
  assert.ok(conversion.issues.some((issue) => /PV1-44.*no zone/.test(issue.diagnostics)));
});

test('neither issues nor errors repeat what a message says', () => {
  const conversion = normalizer.convert(
    message(
      'ADT^A08',
      'EVN||20269999',
      'PID|1||SECRET||Secretname||19800101|SECRETSEX||||||||||||||||SECRETYN|x',
      'PV1|1|SECRETCLASS',
    ),
  );
  assert.ok(conversion.issues.length > 3);
  for (const issue of conversion.issues) assert.doesNotMatch(issue.diagnostics, /SECRET|Secret|9999/);
});

test('a vaccination that was refused, deleted or whose amount is unknown says so', () => {
  const immunization = (rxa: string) =>
    only(normalizer.convert(message('VXU^V04', PID, 'ORC|RE|1^A|2^A', rxa)), 'Immunization');
  const refused = immunization(
    'RXA|0|1|20260511|20260511|03^MMR^CVX|999||||||||||||00^Parental decision^NIP002||RE|A',
  );
  assert.equal(refused['status'], 'not-done');
  assert.equal(refused['doseQuantity'], undefined);
  assert.ok(refused['statusReason']);
  assert.equal(
    immunization('RXA|0|1|20260511||03^MMR^CVX|0.5|||||||||||||||D')['status'],
    'entered-in-error',
  );
  assert.equal(immunization('RXA|0|1|20260511||03^MMR^CVX|0.5')['status'], 'completed');
});

test('9999 is no number of a vaccination, for everybody has it who had no order', () => {
  const numbers = (orc: string) =>
    only(
      normalizer.convert(message('VXU^V04', PID, orc, 'RXA|0|1|20260511||03^MMR^CVX|0.5')),
      'Immunization',
    )['identifier'];
  assert.equal(numbers('ORC|RE|9999^A|9999^B'), undefined);
  assert.equal((numbers('ORC|RE|9999^A|F1^B') as unknown[]).length, 1);
});

test('every dose of a record is an Immunization of its own, also with the same date', () => {
  const ids = resources(normalizer.convert(fixture('050')), 'Immunization').map((one) => one.id);
  assert.equal(new Set(ids).size, 3);
});
