// SPDX-License-Identifier: Apache-2.0
// A hospital group has hundreds of site files: each costs what it says otherwise, and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMessage } from '../../src/ingest/hl7/message.ts';
import { normalizer as normalizerOf } from '../../src/normalize/convert.ts';
import { MappingError } from '../../src/normalize/errors.ts';
import type { MappingFiles, SiteFile } from '../../src/normalize/files.ts';
import { loadMappings } from '../../src/normalize/load.ts';
import { compileProgram, type Site } from '../../src/normalize/program.ts';
import { fixture, fixtureNames, ID_SECRET, MAPPINGS, message, PID, printConversion } from './setting.ts';

const files = { ...(await loadMappings(MAPPINGS)), sites: {} };
const CLINIC = 'CLINIC';
const ZONE = { zone: 'Z' };
type Own = Partial<SiteFile>;

function siteOf(own: Own): Site {
  return compileProgram({ ...files, sites: { clinic: { facility: CLINIC, ...own } } }, ZONE).siteOf(
    message('ADT^A01', PID),
  );
}

/** Converts what anybody sent as a site would. */
function converter(site: Site) {
  const { convert } = normalizerOf({ siteOf: () => site, charsets: () => undefined }, ID_SECRET);
  return (name: string) => printConversion(convert(fixture(name), { explain: true }));
}

/** The mappings with what a site says written into them by hand. */
function writtenInto({ rows, codes, choices }: Own): MappingFiles {
  const merged = <T extends object>(common: Readonly<Record<string, T>>, part: string, own: object = {}) =>
    Object.fromEntries(
      Object.entries(common).map(([name, file]) => {
        const before = (file as Record<string, object>)[part];
        const added = (own as Record<string, object>)[name];
        return [name, added ? { ...file, [part]: { ...before, ...added } } : file];
      }),
    );
  return {
    ...files,
    segments: merged(files.segments, 'rows', rows),
    datatypes: merged(files.datatypes, 'rows', rows),
    codes: merged(files.codes, 'codes', codes),
    choices: { ...files.choices, ...choices },
  };
}

/** By the names of maps and data types: how often their rows are read, which is when they are compiled. */
function countCompiled(sites: readonly Own[]): Map<string, number> {
  const count = new Map<string, number>();
  const counting = <T extends { readonly rows: object }>(all: Readonly<Record<string, T>>) =>
    Object.fromEntries(
      Object.entries(all).map(([name, file]) => {
        const get = () => {
          count.set(name, (count.get(name) ?? 0) + 1);
          return file.rows;
        };
        return [name, Object.defineProperty({ ...file }, 'rows', { get, enumerable: true })];
      }),
    );
  const watched = { ...files, segments: counting(files.segments), datatypes: counting(files.datatypes) };
  const named = sites.map((own, index) => [`site-${index}`, { facility: `CLINIC-${index}`, ...own }]);
  compileProgram({ ...watched, sites: Object.fromEntries(named) }, ZONE);
  return count;
}

const COMMON = countCompiled([]);

function compiledAnew(...sites: readonly Own[]): string[] {
  return [...countCompiled(sites)]
    .filter(([name, times]) => times > COMMON.get(name)!)
    .map(([name]) => name)
    .sort();
}

/** By the text of the files: the maps and types whose rows say something, and those that use such a type. */
function mapsThatSay(what: RegExp): string[] {
  const all = new Map(Object.entries({ ...files.segments, ...files.datatypes }));
  const found = new Set<string>();
  const types = new Set<string>();
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const [name, { rows }] of all) {
      const says = (row: string) => what.test(row) || types.has(/ as ([\w/-]+)/.exec(row)?.[1] ?? '');
      if (!Object.values(rows).some(says)) continue;
      found.add(name);
      if (files.datatypes[name]) types.add(name);
    }
  }
  return [...found].filter((name) => COMMON.has(name)).sort();
}

const CODES: Own = { codes: { 'marital-status': { M: 'http://clinic.example/statuses#wed' } } };
const TYPE: Own = { rows: { 'XCN/person': { given: '', 'further-given': 'name[name].given[] = XCN.3' } } };
const CHOICE: Own = { choices: { 'assigner-organizations': 'yes', 'person-vip': 'yes' } };
const MAP: Own = { rows: { 'PID/Patient': { religion: '', names: 'name[] = PID-9 as XPN' } } };

test('what a site says otherwise holds for all its messages as if the mappings said it, and for nobody else', () => {
  const sent = fixtureNames.filter((_, index) => index % 4 === 0);
  const common = converter(compileProgram(files, ZONE).siteOf(fixture(sent[0]!)));
  const changes = { codes: CODES, type: TYPE, choice: CHOICE, map: MAP };
  const sites = Object.entries(changes).map(([name, own]) => [name, { facility: name, ...own }]);
  const program = compileProgram({ ...files, sites: Object.fromEntries(sites) }, ZONE);
  const at = (facility: string) => converter(program.siteOf(readMessage(`MSH|^~\\&|APP|${facility}`)));
  for (const name of sent) assert.equal(at('another')(name), common(name), name);
  for (const [name, own] of Object.entries(changes)) {
    const expected = converter(compileProgram(writtenInto(own), ZONE).siteOf(fixture(sent[0]!)));
    let different = 0;
    for (const each of sent) {
      const converted = at(name)(each);
      assert.equal(converted, expected(each), `${name}: ${each}`);
      if (converted !== common(each)) different++;
    }
    assert.ok(different > 0, `${name} changes something`);
  }
});

test('only maps that use something that a site says otherwise, be it by way of types of types, are compiled anew', () => {
  assert.deepEqual(compiledAnew({}), []);
  assert.deepEqual(compiledAnew({ zone: '+01:00', authorities: { A: 'urn:oid:2.999' } }), []);
  assert.deepEqual(compiledAnew({ choices: { 'person-vip': 'no' } }), [], 'as is common to all');
  const ofCodes = mapsThatSay(/ with marital-status\b/);
  assert.ok(ofCodes.includes('PID/Patient') && ofCodes.length < 10);
  assert.deepEqual(compiledAnew(CODES), ofCodes);
  const ofType = [...mapsThatSay(/ as XCN\/person\b/), 'XCN/person'].sort();
  assert.ok(ofType.includes('XCN/Practitioner') && ofType.includes('PV1/Encounter'));
  assert.ok(!ofType.includes('PID/Patient'));
  assert.deepEqual(compiledAnew(TYPE), ofType);
  const ofChoice = mapsThatSay(/\$assigner-organizations\b/);
  assert.ok(ofChoice.includes('CX') && ofChoice.includes('PID/Patient'));
  assert.deepEqual(compiledAnew(CHOICE), ofChoice);
  assert.deepEqual(compiledAnew(MAP), ['PID/Patient']);
  assert.deepEqual(compiledAnew({}, CODES, { zone: 'Z' }, MAP), ofCodes);
});

const ADT = ['ADT^A08', PID] as const;
const ORU = ['ORU^R01', PID, 'OBR|1||A1|1^One^L|||20260101'] as const;
const ACK = ['ACK^A01', 'MSA|AA|1'] as const;
const RESOURCE: Own = { resources: { report: 'DiagnosticReport once' } };
const OWN_MAP: Own = {
  rows: { 'ZOB/Report': { text: 'conclusion = ZOB-1' } },
  maps: { ZOB: 'report from ZOB/Report' },
};
const OWN_RESOURCE: Own = {
  rows: { 'ZBD/Location': { name: 'name = ZBD-2' } },
  resources: { bed: 'Location per ZBD' },
  maps: { ZBD: 'bed from ZBD/Location' },
};

test('a message structure of which a site says nothing is the common one', () => {
  const own = {
    ...{ zone: { zone: '+01:00' }, codes: CODES, vip: { choices: { 'person-vip': 'yes' } }, map: MAP },
    ...{ resource: RESOURCE, ownMap: OWN_MAP, ownResource: OWN_RESOURCE },
  };
  const sites = Object.entries(own).map(([name, each]) => [name, { facility: name, ...each }]);
  const program = compileProgram({ ...files, sites: Object.fromEntries(sites) }, ZONE);
  const structureAt = (facility: string, [event, ...segments]: readonly [string, ...string[]]) => {
    const sent = message(event, ...segments);
    const sender = readMessage(`MSH|^~\\&|APP|${facility}`);
    return program.siteOf(sender).structureFor(sent);
  };
  const shared = Object.keys(own).map((name) => {
    const isShared = (sent: typeof ADT | typeof ORU | typeof ACK) =>
      structureAt(name, sent) === structureAt('another', sent);
    return [name, isShared(ADT), isShared(ORU), isShared(ACK)];
  });
  assert.deepEqual(shared, [
    ['zone', true, true, true],
    ['codes', false, false, true],
    ['vip', false, false, true],
    ['map', false, false, true],
    ['resource', true, false, true],
    ['ownMap', true, false, true],
    ['ownResource', false, false, false],
  ]);
});

test('a resource that a site names otherwise is so for that site alone, and keeps what is mapped to it', () => {
  const sites = { clinic: { facility: CLINIC, ...RESOURCE }, other: { facility: 'OTHER', ...OWN_MAP } };
  const { convert } = normalizerOf(compileProgram({ ...files, sites }, ZONE), ID_SECRET);
  const reportAt = (facility: string) => {
    const sent = readMessage(
      [`MSH|^~\\&|APP|${facility}|||20260102||ORU^R01|1|P|2.5.1`, ...ORU.slice(1), 'ZOB|All is well'].join(
        '\r',
      ),
    );
    const { entries } = convert(sent);
    const found = entries.filter(({ resource }) => resource.resourceType === 'DiagnosticReport');
    assert.equal(found.length, 1);
    const { create, resource } = found[0]!;
    return { create: create === true, conclusion: resource['conclusion'], issued: 'code' in resource };
  };
  assert.deepEqual(reportAt(CLINIC), { create: true, conclusion: undefined, issued: true });
  assert.deepEqual(reportAt('OTHER'), { create: false, conclusion: 'All is well', issued: true });
  assert.deepEqual(reportAt('ANOTHER'), { create: false, conclusion: undefined, issued: true });
});

test('a data type that is made of itself is refused by name', () => {
  const rows = {
    'PID/Patient': { own: 'extension{~own} = PID-35 as ZZ' },
    ZZ: { part: 'valueHumanName = ZZ.1 as ZZ/Part' },
    'ZZ/Part': { whole: 'family = ZZ.1 as ZZ' },
  };
  assert.throws(
    () => siteOf({ rows }),
    (error: unknown) =>
      error instanceof MappingError && /datatypes\/ZZ-Part, row whole: type ZZ is made/.test(error.message),
  );
});
