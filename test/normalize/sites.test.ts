// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBytes } from '../../src/ingest/hl7/charset.ts';
import type { Conversion } from '../../src/normalize/convert.ts';
import { normalizer } from '../../src/normalize/convert.ts';
import { MappingError } from '../../src/normalize/errors.ts';
import type { SiteFile } from '../../src/normalize/files.ts';
import { nodesAt, openBundle, textsBelow } from '../../src/normalize/guide/find.ts';
import { loadMappings } from '../../src/normalize/load.ts';
import { compileProgram } from '../../src/normalize/program.ts';
import { skeletons } from '../../src/normalize/site/skeleton.ts';
import { MAPPINGS } from './setting.ts';

const files = await loadMappings(MAPPINGS);

function program(sites: Readonly<Record<string, SiteFile>>) {
  return compileProgram({ ...files, sites }, { zone: 'Z' });
}

/** Converts for a bridge that has these site files. */
function convert(
  sites: Readonly<Record<string, SiteFile>>,
  sent: Buffer | string,
  explain = false,
): Conversion {
  const compiled = program(sites);
  const { message } = readBytes(Buffer.from(sent as string, 'utf8'), { overrides: compiled.charsets });
  return normalizer(compiled, Buffer.from('sites')).convert(message, { explain });
}

const PID = 'PID|1||P1^^^CLINIC^MR||Doe^Jane||19700101|W';

function sent(
  segments: readonly string[],
  { event = 'ADT^A08', sender = 'APP|CLINIC^2.999.1^ISO' } = {},
): string {
  const header = `MSH|^~\\&|${sender}|MOORING|BRIDGE|20260102030405||${event}|T-1|P|2.5.1`;
  return [header, 'EVN||20260102', ...segments].join('\r');
}

function texts({ bundle }: Conversion, type: string, path: string): string[] {
  const found = openBundle(bundle);
  return [...textsBelow(found, nodesAt(found, type, path))];
}

function refused(what: RegExp, site: SiteFile): void {
  assert.throws(
    () => program({ clinic: site }),
    (error: unknown) => error instanceof MappingError && what.test(error.message),
  );
}

test('a site file holds for all facilities that it names, by name or universal id, and for no other', () => {
  const sites = {
    clinic: { facility: ['2.999.1', 'GOOD CLINIC'], codes: { 'administrative-sex': { W: 'female' } } },
  };
  const gender = (sender: string) => texts(convert(sites, sent([PID], { sender })), 'Patient', 'gender');
  assert.deepEqual(gender('APP|CLINIC^2.999.1^ISO'), ['female']);
  assert.deepEqual(gender('APP|GOOD CLINIC'), ['female']);
  assert.notDeepEqual(gender('APP|GOOD'), ['female']);
});

test('where a file names the application, the other applications of the facility keep the file of the facility', () => {
  const sites = {
    all: { facility: 'CLINIC', zone: '+01:00' },
    lab: { facility: 'CLINIC', application: 'LAB', zone: '+05:00' },
  };
  const time = (sender: string) => texts(convert(sites, sent([PID], { sender })), 'Bundle', 'timestamp');
  assert.deepEqual(time('LAB|CLINIC'), ['2026-01-02T03:04:05+05:00']);
  assert.deepEqual(time('APP|CLINIC'), ['2026-01-02T03:04:05+01:00']);
});

test('two files for the same messages are refused', () => {
  const same = { one: { facility: 'CLINIC' }, other: { facility: ['X', 'CLINIC'] } };
  assert.throws(() => program(same), /site\/other: site\/one is for CLINIC already/);
});

test('a character set that is set for a facility is read whatever MSH-18 says', () => {
  const text = sent([PID.replace('Jane', 'Zoë')]);
  const bytes = Buffer.from(`${text.replace('|2.5.1', '|2.5.1||||||UNICODE UTF-8')}\r`, 'latin1');
  const sites = { clinic: { facility: 'CLINIC', charset: '8859/1' } };
  const compiled = program(sites);
  const { message } = readBytes(bytes, { overrides: compiled.charsets });
  assert.equal(message.segment('PID')!.value(5, 1, 2), 'Zoë');
  refused(/character set|charset: EBCDIC-9 is not known/, { facility: 'CLINIC', charset: 'EBCDIC-9' });
});

test('a field that a site sends elsewhere is read in its place, and explained by the field that was sent', () => {
  const sites = { clinic: { facility: 'CLINIC', moves: { 'PID-2': 'PID-3' } } };
  const conversion = convert(sites, sent(['PID|1|4711|||Doe^Jane']), true);
  assert.deepEqual(texts(conversion, 'Patient', 'identifier.value'), ['4711']);
  const origin = conversion.origins.find(({ path }) => path === 'Patient.identifier[0].value');
  assert.equal(origin?.field, 'PID-2.1');
  assert.ok(
    conversion.issues.some(({ diagnostics }) => diagnostics.startsWith('PID-2 has an identifier without')),
  );
});

test('a field that is not where it belongs is not moved onto one that is', () => {
  const sites = { clinic: { facility: 'CLINIC', moves: { 'PID-2': 'PID-3' } } };
  const conversion = convert(sites, sent(['PID|1|4711^^^OLD^PI|4712^^^CLINIC^MR||Doe^Jane']), true);
  assert.ok(texts(conversion, 'Patient', 'identifier.value').includes('4712'));
  assert.ok(texts(conversion, 'Patient', 'identifier.value').includes('4711'));
  const fields = conversion.origins
    .filter(({ path }) => path.startsWith('Patient.identifier'))
    .map(({ field }) => field);
  assert.ok(fields.includes('PID-3.1') && fields.includes('PID-2.1'));
});

test('a moved value that no row takes is kept under the name of the field that was sent', () => {
  const sites = { clinic: { facility: 'CLINIC', moves: { 'PID-50': 'PID-60' } } };
  const conversion = convert(sites, sent([`${PID}${'|'.repeat(42)}leftover`]));
  assert.deepEqual(
    conversion.unmapped.filter(({ segment }) => segment === 'PID').map(({ field }) => field),
    [50],
  );
  assert.deepEqual(texts(conversion, 'Patient', 'extension{https://mooring.example/fhir/v2/PID-50}.value'), [
    'leftover',
  ]);
});

test('only whole fields are moved, and only within their segment', () => {
  refused(/whole field/, { facility: 'CLINIC', moves: { 'PID-2.1': 'PID-3' } });
  refused(/whole field/, { facility: 'CLINIC', moves: { 'ZPD-2': 'PID-3' } });
  refused(/MSH-1 and MSH-2/, { facility: 'CLINIC', moves: { 'MSH-2': 'MSH-5' } });
});

test('an event that a site calls otherwise is read as the one it means, and the report says so', () => {
  const sites = { clinic: { facility: 'CLINIC', events: { 'ADT^A99': 'ADT^A08' } } };
  const conversion = convert(sites, sent([PID], { event: 'ADT^A99' }));
  assert.deepEqual(texts(conversion, 'Patient', 'name.family'), ['Doe']);
  assert.ok(
    conversion.issues.some(
      ({ diagnostics }) => diagnostics === 'MSH-9 says ADT^A99, which this site means as ADT^A08',
    ),
  );
  assert.throws(() => convert({}, sent([PID], { event: 'ADT^A99' })), { code: '201' });
  refused(/no message file is for ADT\^B99/, { facility: 'CLINIC', events: { 'ADT^A99': 'ADT^B99' } });
});

test('nothing is made of an event that a site leaves out, and all of it is dropped by name', () => {
  const sites = { clinic: { facility: 'CLINIC', ignore: 'ADT^A08 ADT^A99' } };
  const conversion = convert(sites, sent([PID], { event: 'ADT^A99' }));
  assert.deepEqual(conversion.entries, []);
  assert.ok(conversion.dropped.length > 10);
  assert.ok(conversion.dropped.every(({ rule }) => rule === 'site'));
  assert.ok(
    conversion.dropped.some(
      ({ segment, field, component }) => segment === 'PID' && field === 5 && component === 2,
    ),
  );
  assert.ok(conversion.issues.some(({ diagnostics }) => /nothing is to be made/.test(diagnostics)));
});

test('a local code becomes a standard one by its coding system or its field, and stays beside it', () => {
  const glucose = { GLU: 'http://loinc.org#2345-7 Glucose' };
  const obx = 'OBX|1|NM|GLU^Glukose^99LAB||98|mg/dL^^UCUM|||||F';
  for (const name of ['99LAB', 'OBX-3']) {
    const conversion = convert(
      { clinic: { facility: 'CLINIC', codes: { [name]: glucose } } },
      sent([PID, 'PV1|1|I', obx]),
    );
    const [observation] = conversion.entries
      .map(({ resource }) => resource)
      .filter((one) => one.resourceType === 'Observation');
    const [first, second] = (observation!['code'] as { coding: Record<string, string>[] }).coding;
    assert.deepEqual(first, { system: 'http://loinc.org', code: '2345-7', display: 'Glucose' });
    assert.equal(second?.['code'], 'GLU');
    assert.ok(!conversion.unknownCodes.some(({ field }) => field === 'OBX-3'));
  }
});

test('a Z segment is read by rows of other maps, and by a map of its own for a resource of its own', () => {
  const site: SiteFile = {
    facility: 'CLINIC',
    rows: {
      'PID/Patient': {
        nickname: 'name[nickname].given[] = ZPD-2',
        'nickname-use': 'name[nickname].use = "nickname" if ZPD-2',
      },
      'ZBD/Location': { 'set-id': 'ignore = ZBD-1', name: 'name = ZBD-2' },
    },
    resources: { bed: 'Location per ZBD' },
    maps: { ZBD: 'bed from ZBD/Location' },
  };
  const conversion = convert(
    { site },
    sent([PID, 'ZPD|1|Janey', 'PV1|1|I', 'ZBD|1|Window', 'ZBD|2|Door']),
    true,
  );
  assert.ok(texts(conversion, 'Patient', 'name.given').includes('Janey'));
  assert.deepEqual(texts(conversion, 'Location', 'name').sort(), ['Door', 'Window']);
  const named = conversion.entries.filter(
    ({ resource }) => resource.resourceType === 'Location' && 'name' in resource,
  );
  assert.equal(named.length, 2);
  assert.ok(
    conversion.origins.some(
      ({ field, row }) => field === 'ZBD[2]-2.1' && row === 'segments/ZBD-Location#name',
    ),
  );
  assert.deepEqual(
    conversion.unmapped.filter(({ segment }) => segment === 'ZBD'),
    [],
  );
});

test('a Z segment of one order is not read for the next', () => {
  const site: SiteFile = {
    facility: 'CLINIC',
    rows: { 'ZOB/Report': { text: 'conclusion = ZOB-1' } },
    maps: { 'ORDER.ZOB': 'report from ZOB/Report' },
  };
  const orders = ['OBR|1||A1|1^One^L|||20260101', 'ZOB|first', 'OBR|2||A2|2^Two^L|||20260101', 'ZOB|second'];
  const conversion = convert(
    { site },
    sent([PID, ...orders], { event: 'ORU^R01' }).replace('\rEVN||20260102', ''),
  );
  const reports = conversion.entries
    .map(({ resource }) => resource)
    .filter((one) => one.resourceType === 'DiagnosticReport');
  const conclusionOf = (code: string) =>
    reports.find((one) => JSON.stringify(one['code']).includes(code))?.['conclusion'];
  assert.equal(conclusionOf('"One"'), 'first');
  assert.equal(conclusionOf('"Two"'), 'second');
});

test('rows and maps that nothing could ever use are refused', () => {
  refused(/there is no map PID\/Patiant/, {
    facility: 'CLINIC',
    rows: { 'PID/Patiant': { a: 'active = "true" as boolean' } },
  });
  refused(/no message has such a resource/, {
    facility: 'CLINIC',
    maps: { ZPD: 'patiant from PID/Patient' },
  });
});

test('codes that nobody knows are listed with their sender and field; free texts and known ones are not', () => {
  const segments = [
    'PID|1||P1^^^CLINIC^MR||Doe^Jane||19700101|QQ|||||||||',
    'PV1|1|I',
    'AL1|1||^Dust and such',
    'OBX|1|CWE|718-7^Hb^LN||POS^Positive^99X||||||F',
    'OBX|2|CWE|XY^Local^L^718-7^Hb^LN||12^Twelve||||||F',
  ];
  const found = convert({}, sent(segments)).unknownCodes.filter(({ field }) =>
    /^(PID-8|AL1-3|OBX-[35])$/.test(field),
  );
  assert.deepEqual(found, [
    { sender: 'CLINIC', field: 'PID-8', map: 'administrative-sex', system: '', code: 'QQ' },
    { sender: 'CLINIC', field: 'OBX-5', system: '99X', code: 'POS', display: 'Positive' },
    { sender: 'CLINIC', field: 'OBX-5', system: '', code: '12', display: 'Twelve' },
  ]);
});

test('a code that one map lacks and another knows is not unknown', () => {
  const rows = {
    'PID/Patient': {
      one: 'extension{https://clinic.example/one}.valueCode = ZPD-1 as code with administrative-sex',
      other: 'extension{https://clinic.example/other}.valueCode = ZPD-1 as code with marital-status',
    },
  };
  const unknown = (code: string) =>
    convert({ clinic: { facility: 'CLINIC', rows } }, sent([PID, `ZPD|${code}`])).unknownCodes.filter(
      ({ field }) => field === 'ZPD-1',
    );
  assert.deepEqual(unknown('D'), []);
  assert.deepEqual(
    unknown('QQ').map(({ code }) => code),
    ['QQ'],
  );
});

test('the skeleton of a site file, filled in, makes its codes known', () => {
  const segments = [
    'PID|1||P1^^^CLINIC^MR||Doe^Jane||19700101|QQ',
    'PV1|1|I',
    'OBX|1|CWE|718-7^Hb^LN||POS^Positive^99X||||||F',
  ];
  const unknown = convert({}, sent(segments)).unknownCodes;
  const text = skeletons(unknown).join('\n');
  assert.match(text, /^facility: CLINIC\n/);
  const codes = {
    'administrative-sex': { QQ: 'other' },
    '99X': { POS: 'http://example.org/answers#positive' },
  };
  for (const [name, own] of Object.entries(codes)) {
    assert.match(text, new RegExp(`\\n {2}${name}:\\n {4}`));
    for (const code of Object.keys(own)) assert.match(text, new RegExp(`\\n {4}${code}: ''`));
  }
  const after = convert({ clinic: { facility: 'CLINIC', codes } }, sent(segments));
  assert.deepEqual(texts(after, 'Patient', 'gender'), ['other']);
  const still = after.unknownCodes.map(({ code }) => code);
  assert.ok(!still.includes('QQ') && !still.includes('POS'));
});

test('an empty code of a site says nothing', () => {
  const sites = { clinic: { facility: 'CLINIC', codes: { '99X': { POS: '' } } } };
  const conversion = convert(sites, sent([PID, 'PV1|1|I', 'OBX|1|CWE|718-7^Hb^LN||POS^Positive^99X||||||F']));
  assert.ok(conversion.unknownCodes.some(({ code }) => code === 'POS'));
});
