// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printJson } from '../../src/fhir/json.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { Hl7Error, type Hl7ErrorCode } from '../../src/ingest/hl7/errors.ts';
import { fixture, message, normalizer, only, PID, resources } from './setting.ts';

const convert = (event: string, ...segments: string[]) => normalizer.convert(message(event, ...segments));

function refused(code: Hl7ErrorCode, place: string | undefined, run: () => unknown): void {
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof Hl7Error);
    assert.equal(error.code, code);
    const { segment, field } = error.location ?? {};
    assert.equal(segment === undefined ? undefined : `${segment}-${field}`, place);
    return true;
  });
}

test('an admission is in progress, a discharge finished, and what is taken back is as if it had not been', () => {
  const status = (name: string) => only(normalizer.convert(fixture(name)), 'Encounter');
  assert.equal(status('001')['status'], 'in-progress');
  assert.equal(status('006')['status'], 'finished');
  assert.equal((status('006')['period'] as { end: string }).end, '2026-03-05T11:15:00+01:00');
  assert.equal(status('011')['status'], 'cancelled');
  assert.equal(status('014')['status'], 'in-progress');
  assert.deepEqual(status('014')['period'], { start: '2026-03-13T06:50:00+01:00' });
});

test('a discharge and its cancellation without an admission time still end and reopen the visit', () => {
  const segments = [PID, 'PV1|1|I|||||||||||||||||V1'];
  const discharge = convert('ADT^A03', 'EVN||20260102|||', ...segments);
  assert.deepEqual(only(discharge, 'Encounter')['period'], { end: '2026-01-02' });
  const reopened = convert('ADT^A13', 'EVN||20260102', ...segments);
  const entry = reopened.entries.find((one) => one.resource.resourceType === 'Encounter');
  assert.deepEqual(entry?.removed, [
    'period.end',
    'hospitalization.dischargeDisposition',
    'hospitalization.destination',
  ]);
});

test('a merge names survivor and prior, and links them both ways', () => {
  const conversion = normalizer.convert(fixture('008'));
  assert.deepEqual(conversion.merges?.[0]?.survivor.knownBy, ['identifier|urn:oid:2.999.10.1.1|Q1002347']);
  assert.deepEqual(conversion.merges?.[0]?.prior.knownBy, ['identifier|urn:oid:2.999.10.1.1|Q1003911']);
  const byUrl = new Map(conversion.entries.map((entry) => [entry.fullUrl, entry.resource]));
  const survivor = byUrl.get(conversion.merges![0]!.survivor.fullUrl)!;
  const prior = byUrl.get(conversion.merges![0]!.prior.fullUrl)!;
  assert.deepEqual(survivor['link'], [{ type: 'replaces', other: { reference: `Patient/${prior.id}` } }]);
  assert.deepEqual(prior['link'], [{ type: 'replaced-by', other: { reference: `Patient/${survivor.id}` } }]);
  assert.equal(prior['active'], false);
});

test('a merge of a patient with itself is refused', () => {
  refused('102', 'MRG-1', () => convert('ADT^A40', 'EVN||2026', PID, 'MRG|P1^^^CLINIC&2.999.1.1&ISO^MR'));
});

test('one message may merge several patients, each with the one of its group', () => {
  const mrg = (id: string) => `MRG|${id}^^^CLINIC&2.999.1.1&ISO^MR`;
  const { merges = [] } = convert('ADT^A40', 'EVN||2026', PID, mrg('P2'), PID.replace('P1', 'P3'), mrg('P4'));
  const value = ({ knownBy }: { knownBy: readonly string[] }) => knownBy[0]?.split('|').at(-1);
  assert.deepEqual(
    merges.map(({ prior, survivor }) => [value(prior), value(survivor)]),
    [
      ['P2', 'P1'],
      ['P4', 'P3'],
    ],
  );
});

test('what cannot be converted is refused with its place', () => {
  refused('200', 'MSH-9', () => convert('XYZ^A01', PID));
  refused('201', 'MSH-9', () => convert('ADT^A99', PID));
  refused('100', undefined, () => convert('ADT^A01', 'EVN||2026', 'PV1|1|I'));
  refused('101', 'PID-3', () => convert('ADT^A01', 'EVN||2026', 'PID|1||||Doe^Jane', 'PV1|1|I'));
  refused('102', 'PID-7', () => convert('ADT^A01', 'EVN||2026', 'PID|1||P1||Doe||19830230', 'PV1|1|I'));
});

test('PID-3 without an assigning authority keeps the identifier, within its sender, and reports it', () => {
  const bare = convert('ADT^A01', 'EVN||2026', 'PID|1||P7||Doe', 'PV1|1|O');
  assert.deepEqual(only(bare, 'Patient')['identifier'], [{ system: 'urn:oid:2.999.1', value: 'P7' }]);
  assert.ok(bare.issues.some((issue) => issue.code === 'required' && /^PID-3 /.test(issue.diagnostics)));
});

test('the forms of an authority become the system that is meant', () => {
  const system = (authority: string) => {
    const patient = only(
      convert('ADT^A01', 'EVN||2026', `PID|1||P7^^^${authority}||Doe`, 'PV1|1|O'),
      'Patient',
    );
    return (patient['identifier'] as { system: string }[])[0]!.system;
  };
  assert.equal(system('A&2.999.5&ISO'), 'urn:oid:2.999.5');
  assert.equal(
    system('&6BA7B810-9DAD-11D1-80B4-00C04FD430C8&UUID'),
    'urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  );
  assert.equal(system('&https://example.org/mrn&URI'), 'https://example.org/mrn');
  assert.equal(system('St Brigid/West'), 'urn:id:St%20Brigid%2FWest');
  assert.equal(system('NPI'), 'http://hl7.org/fhir/sid/us-npi');
});

test('a patient is known by medical record numbers, not by a social security number when there is another', () => {
  const knownBy = (pid3: string) =>
    convert('ADT^A08', 'EVN||2026', `PID|1||${pid3}||Doe`, 'PV1|1|O').entries.find(
      (entry) => entry.resource.resourceType === 'Patient',
    )?.knownBy;
  assert.deepEqual(knownBy('S1^^^SSA^SS~X9^^^LAB^PI~M1^^^HOSP^MR'), [
    'identifier|urn:id:HOSP|M1',
    'identifier|urn:id:LAB|X9',
  ]);
  assert.deepEqual(knownBy('S1^^^SSA^SS'), ['identifier|http://hl7.org/fhir/sid/us-ssn|S1']);
});

test('a corrected result is the same Observation, whatever message brings it', () => {
  const [, before] = resources(normalizer.convert(fixture('003')), 'Observation');
  const [after] = resources(normalizer.convert(fixture('004')), 'Observation');
  assert.equal(after?.id, before?.id);
  assert.equal(after?.['status'], 'corrected');
  assert.match(printJson(before), /"value":3\.90,/);
  assert.match(printJson(after), /"value":4\.10,/);
});

test('results that repeat code, sub-id and time stay apart, and in order', () => {
  const obx = (text: string) => `OBX|1|ST|X^Y^L||${text}||||||F`;
  const ids = (...texts: string[]) =>
    resources(convert('ORU^R01', PID, 'OBR|1|A|B|C^D^L', ...texts.map(obx)), 'Observation').map(
      (one) => one.id,
    );
  const two = ids('one', 'two');
  assert.equal(new Set(two).size, 2);
  assert.deepEqual(ids('other', 'words'), two);
});

test('numbers keep their digits, and become JSON where HL7 allows more', () => {
  const value = (written: string) => {
    const conversion = convert('ORU^R01', PID, 'OBR|1|A|B|C^D^L', `OBX|1|NM|X^Y^L||${written}||||||F`);
    return only(conversion, 'Observation');
  };
  const quantity = (written: string) =>
    /"value":([^},]+)/.exec(printJson(value(written)['valueQuantity']))?.[1];
  for (const [written, printed] of [
    ['1.50', '1.50'],
    ['+1.5', '1.5'],
    ['.5', '0.5'],
    ['007', '7'],
    ['-0.0', '-0.0'],
    ['5.', '5'],
    ['12345678901234567.10', '12345678901234567.10'],
  ] as const) {
    assert.equal(quantity(written), printed, written);
  }
  for (const written of ['positive', '1e5', '--1', '1.2.3', '<5']) {
    assert.equal(value(written)['valueString'], written);
    assert.equal(value(written)['valueQuantity'], undefined);
  }
});

test('a changed type of value takes the place of the one before', () => {
  const entry = convert('ORU^R01', PID, 'OBR|1|A|B|C^D^L', 'OBX|1|ST|X^Y^L||text||||||F').entries.find(
    (one) => one.resource.resourceType === 'Observation',
  );
  assert.ok(entry?.removed.includes('valueQuantity'));
  assert.ok(!entry?.removed.includes('valueString'));
});

test('"" deletes what its field alone fills, and nothing that other fields have brought', () => {
  const patient = (pid: string) => {
    const conversion = convert('ADT^A08', 'EVN||2026', pid, 'PV1|1|O');
    const entry = conversion.entries.find((one) => one.resource.resourceType === 'Patient')!;
    return { ...conversion, removed: entry.removed, resource: entry.resource as Resource };
  };
  const id = 'PID|1||P1^^^C^MR||Doe';
  assert.ok(patient(`${id}|||""`).removed.includes('gender'));
  assert.ok(patient(`${id}|||||||||||""`).removed.includes('maritalStatus'));
  assert.ok(!patient(`${id}||||||||||`).removed.includes('maritalStatus'));
  const onePhone = patient(`${id}||||||||5550100|""`);
  assert.deepEqual(onePhone.removed.includes('telecom'), false);
  assert.equal((onePhone.resource['telecom'] as unknown[]).length, 1);
  assert.ok(patient(`${id}||||||||""|""`).removed.includes('telecom'));
  const kept = patient(`${id}|||||||||""`);
  assert.ok(!kept.removed.includes('telecom'));
  assert.ok(
    kept.issues.some((issue) => issue.code === 'not-supported' && /^PID-14 /.test(issue.diagnostics)),
  );
});

test('times keep precision and zone; the zone of MSH-7 holds where a time names none', () => {
  const effective = (time: string) =>
    only(convert('ORU^R01', PID, 'OBR|1|A|B|C^D^L', `OBX|1|ST|X^Y^L||t||||||F|||${time}`), 'Observation')[
      'effectiveDateTime'
    ];
  assert.equal(effective('2026'), '2026');
  assert.equal(effective('202603'), '2026-03');
  assert.equal(effective('20260304'), '2026-03-04');
  assert.equal(effective('20260304050607.1230-0330'), '2026-03-04T05:06:07.1230-03:30');
  assert.equal(effective('202603040506'), '2026-03-04T05:06:00+01:00');
});

test('a laboratory mentions patient and visit: it does not overwrite what admission said', () => {
  const { entries, bundle } = normalizer.convert(fixture('003'));
  const create = (type: string) => entries.find((one) => one.resource.resourceType === type)?.create;
  assert.equal(create('Patient'), true);
  assert.equal(create('Encounter'), true);
  assert.equal(create('Observation'), undefined);
  const requests = (bundle['entry'] as { request: { ifNoneMatch?: string }; resource: Resource }[])
    .filter((one) => one.resource.resourceType === 'Patient')
    .map((one) => one.request.ifNoneMatch);
  assert.deepEqual(requests, ['*']);
});

test('an organization has neither a home nor, where only its kind is known, no name at all, which R4 forbids', () => {
  const order = `ORC|NW|P1|${'|'.repeat(18)}Harbour Laboratory|1 Quay Street^^Harbour^^^^H|^PRN^PH^^^555^1234567`;
  const part = 'PRT||AD||RO^Responsible Observer^HL70912|||hosp^Hospital^99X';
  const conversion = normalizer.convert(
    message('OML^O21', PID, order, 'OBR|1|P1||K^Potassium^99', 'OBX|1|ST|A^A^99||b||||||F', part),
  );
  const organizations = resources(conversion, 'Organization') as unknown as Housed[];
  const laboratory = organizations.find(({ name }) => name === 'Harbour Laboratory')!;
  assert.deepEqual([laboratory.address?.[0]?.use, laboratory.telecom?.[0]?.use], ['work', 'work']);
  assert.match(JSON.stringify(laboratory), /"PRN"/);
  for (const { name, identifier, _name } of organizations) assert.ok(name ?? identifier ?? _name);
});

interface Housed {
  readonly name?: string;
  readonly _name?: unknown;
  readonly identifier?: unknown;
  readonly address?: readonly { readonly use: string }[];
  readonly telecom?: readonly { readonly use: string }[];
}
