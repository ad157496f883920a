// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printJson } from '../../src/fhir/json.ts';
import { Hl7Error } from '../../src/ingest/hl7/errors.ts';
import { message, normalizer, only, PID, resources } from './setting.ts';

const convert = (event: string, ...segments: string[]) => normalizer.convert(message(event, ...segments));

function removedFrom(conversion: ReturnType<typeof convert>, type: string): readonly string[] {
  return conversion.entries.find(({ resource }) => resource.resourceType === type)?.removed ?? [];
}

test('"" deletes its own part of what several fields fill together', () => {
  const visit = `PV1|1|I${'|'.repeat(17)}V7${'|'.repeat(17)}""${'|'.repeat(8)}20260101080000|""`;
  const conversion = convert('ADT^A08', PID, visit);
  const removed = removedFrom(conversion, 'Encounter');
  assert.deepEqual([...removed].sort(), ['hospitalization.dischargeDisposition', 'period.end']);
  assert.deepEqual(only(conversion, 'Encounter')['period'], { start: '2026-01-01T08:00:00+01:00' });
  assert.ok(!conversion.issues.some(({ diagnostics }) => /asks to delete/.test(diagnostics)));
});

test('an address is deleted by PID-11, though another field may name its county', () => {
  const removed = removedFrom(convert('ADT^A08', `${PID}||||||""`), 'Patient');
  assert.ok(removed.includes('address'), removed.join());
});

test('a result without a value deletes the value that was stored, whatever its unit', () => {
  const conversion = convert('ORU^R01', PID, 'OBR|1|P1|F1|X^X^99', 'OBX|1|NM|K^Potassium^99||""|mmol/L||||D');
  assert.ok(removedFrom(conversion, 'Observation').includes('valueQuantity'));
});

test('delimiters alone say nothing: no diagnosis, no allergy, no telephone, no address', () => {
  const conversion = convert(
    'ADT^A08',
    `${PID}||||||^^^^^^H||~^^^~&&~^PRN~^NET^Internet`,
    'AL1|||^^',
    'DG1|1||^^',
  );
  assert.deepEqual(resources(conversion, 'Condition'), []);
  assert.deepEqual(resources(conversion, 'AllergyIntolerance'), []);
  const { telecom, address } = only(conversion, 'Patient') as { telecom?: unknown; address?: unknown };
  assert.deepEqual([telecom, address], [undefined, undefined]);
});

test("a PID that says nothing is refused as one without PID-3 is, for it is nobody's", () => {
  assert.throws(
    () => convert('ADT^A08', 'PID|1'),
    (error) => error instanceof Hl7Error && error.code === '101',
  );
});

test('a second timing of an order is kept beside the first, and not mixed with it', () => {
  const timings = ['TQ1|1||||||20260102|20260103', 'TQ1|2||Q8H||||20260105|20260106'];
  const conversion = convert('OML^O21', PID, 'ORC|NW|P1', ...timings, 'OBR|1|P1||K^Potassium^99');
  const order = only(conversion, 'ServiceRequest');
  const bounds = { start: '2026-01-02', end: '2026-01-03' };
  assert.deepEqual(order['occurrenceTiming'], { repeat: { boundsPeriod: bounds } });
  const kept = JSON.stringify(order['extension']);
  for (const said of ['Q8H', '2026-01-05', '2026-01-06']) assert.ok(kept.includes(said), said);
});

test('a route holds for all doses that were given before it, and for all steps of a dosage', () => {
  const doses = ['RXA|1|1|20260102||A^A^99|1', 'RXA|1|2|20260103||A^A^99|1', 'RXR|PO'];
  const given = convert('RAS^O17', PID, 'ORC|RE|P1|F1', ...doses);
  const routes = resources(given, 'MedicationAdministration').map(({ dosage }) => JSON.stringify(dosage));
  assert.equal(routes.length, 2);
  for (const route of routes) assert.match(route, /"PO"/);
  const taper = ['RXE||A^A^99|2||mg', 'TQ1|1|2^mg|BID|||||||||S', 'TQ1|2|1^mg|BID', 'RXR|PO'];
  const ordered = convert('RDE^O11', PID, 'ORC|NW|P1', ...taper);
  const request = only(ordered, 'MedicationRequest') as unknown as { dosageInstruction: Step[] };
  const steps = request.dosageInstruction.map(({ sequence, route, doseAndRate }) => [
    ...[sequence, route?.coding[0]?.code, doseAndRate.length],
  ]);
  assert.deepEqual(steps, [
    [1, 'PO', 1],
    [2, 'PO', 1],
  ]);
});

interface Step {
  readonly sequence: number;
  readonly route?: { readonly coding: readonly { readonly code: string }[] };
  readonly doseAndRate: readonly unknown[];
}

test('an empty line of a document stays a line', () => {
  const lines = ['Dear', '', '', 'colleague'].map((line, index) => `OBX|${index + 1}|TX|N^Note^99||${line}`);
  const document = convert('MDM^T02', 'EVN||20260102', PID, 'PV1|1|O', 'TXA|1|CN|TX|||||||||D1', ...lines);
  const { content } = only(document, 'DocumentReference') as unknown as {
    content: { attachment: { data: string } }[];
  };
  const texts = content.map(({ attachment }) => Buffer.from(attachment.data, 'base64').toString());
  assert.deepEqual(texts, ['Dear\n\n\ncolleague']);
  assert.ok(!document.unmapped.some(({ segment }) => segment === 'OBX'));
});

test('of a doctor without number and name, and of a number that is missing, only what was sent is kept', () => {
  const doctor = '^^^^^^MD^^PROVID&REGION&ISO^^^^PRN';
  const visit = `PV1|1|O|||||${doctor}||||||||||^^^^^^^^PROVID^^^^XX`;
  const order = 'ORC|NW|^4754^|F1||||||||||^^^^^^^^^^^^NPI';
  const conversion = convert('OML^O21', PID, visit, order, 'OBR|1|||K^Potassium^99');
  assert.deepEqual(resources(conversion, 'Practitioner'), []);
  const [encounter] = resources(conversion, 'Encounter');
  assert.equal(encounter!['participant'], undefined);
  const { identifier } = only(conversion, 'ServiceRequest') as unknown as { identifier: { value: string }[] };
  assert.deepEqual(
    identifier.map(({ value }) => value),
    ['F1'],
  );
  const kept = printJson(conversion.bundle);
  for (const [field, value] of [
    ['PV1-7.13', 'PRN'],
    ['ORC-2.2', '4754'],
  ])
    assert.ok(kept.includes(`/v2/${field}","valueString":"${value}"`), kept);
});

test('PID-2 that repeats PID-3 is no second number of the patient, and another one is', () => {
  const numbers = (second: string) => {
    const pid = `PID|1|${second}|P1^^^CLINIC&2.999.1.1&ISO^MR||Doe^Jane`;
    const { identifier } = only(convert('ADT^A08', pid), 'Patient') as unknown as {
      identifier: { value: string }[];
    };
    return identifier.map(({ value }) => value);
  };
  assert.deepEqual(numbers('P1'), ['P1']);
  assert.deepEqual(numbers('P1^^^CLINIC&2.999.1.1&ISO^MR'), ['P1']);
  assert.deepEqual(numbers('P2'), ['P1', 'P2']);
  assert.deepEqual(numbers('P1^^^OTHER'), ['P1', 'P1']);
});

test('the kind of a number or account that is missing makes none', () => {
  const conversion = convert('ADT^A08', `PID|1||P1^^^CLINIC~^^^OTHER^PI||Doe^Jane${'|'.repeat(13)}^^^T`);
  const patient = only(conversion, 'Patient') as unknown as { identifier: unknown[] };
  assert.equal(patient.identifier.length, 1);
  assert.deepEqual(resources(conversion, 'Account'), []);
});

test('an amount of money keeps its currency where that stands behind it', () => {
  const charge = 'FT1|1|T1||20260102||CG|A^A^99||||150.00^USD|150.00&EUR^UP';
  const text = JSON.stringify(only(convert('DFT^P03', PID, charge), 'ChargeItem'));
  assert.match(text, /"currency":"USD"/);
  assert.match(text, /"currency":"EUR"/);
});

test('a time of zeros alone, which says that nobody knows it, is kept and reported, and refuses no message', () => {
  const conversion = convert('ADT^A08', `${PID}||0000|F`, `PV1|1|O${'|'.repeat(42)}00000000`);
  const patient = only(conversion, 'Patient');
  assert.equal(patient['birthDate'], undefined);
  assert.equal(patient['gender'], 'female');
  assert.match(printJson(conversion.bundle), /v2\/PID-7","valueString":"0000"/);
  assert.ok(
    conversion.issues.some(({ diagnostics }) => /PID-7.* is a time without a year/.test(diagnostics)),
  );
  assert.throws(() => convert('ADT^A08', `${PID}||19701332`), Hl7Error);
});

test('a sex that FHIR has no word for stands beside gender, until a word for it is said', () => {
  const url = 'https://mooring.example/fhir/StructureDefinition/administrative-sex';
  const unknown = only(convert('ADT^A08', `${PID}|||Q`), 'Patient');
  assert.deepEqual([unknown['gender'], unknown['_gender']], [undefined, undefined]);
  assert.match(JSON.stringify(unknown['extension']), new RegExp(url));
  const known = convert('ADT^A08', `${PID}|||F`);
  assert.equal(only(known, 'Patient')['gender'], 'female');
  assert.ok(removedFrom(known, 'Patient').includes(`extension{${url}}`));
});

test('the time of day of what FHIR has only a date for is kept', () => {
  const kin = `NK1|1|Roe^Ann|MTH^Mother^HL70063${'|'.repeat(13)}199301010415`;
  const relative = only(convert('ADT^A08', PID, kin), 'RelatedPerson');
  assert.equal(relative['birthDate'], '1993-01-01');
  assert.match(JSON.stringify(relative['extension']), /v2\/NK1-16","valueString":"199301010415"/);
  const born = JSON.stringify(only(convert('ADT^A08', `${PID}||199301010415`), 'Patient'));
  assert.match(born, /birthTime/);
  assert.doesNotMatch(born, /v2\/PID-7/);
});
