// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printJson } from '../../src/fhir/json.ts';
import { validateResource } from '../../src/fhir/validate.ts';
import { Hl7Error } from '../../src/ingest/hl7/errors.ts';
import { readMessage } from '../../src/ingest/hl7/message.ts';
import type { Conversion } from '../../src/normalize/convert.ts';
import { message, normalizer, only, PID } from './setting.ts';

const convert = (event: string, ...segments: string[]) => normalizer.convert(message(event, ...segments));
const pv1 = (fields: Readonly<Record<number, string>>) =>
  `PV1${Array.from({ length: 45 }, (_, index) => `|${fields[index + 1] ?? ''}`).join('')}`;

function keptAndReported(conversion: Conversion, field: string, value: string): void {
  const text = printJson(conversion.bundle);
  assert.ok(text.includes(`/v2/${field}","valueString":"${value}"`), text);
  const said = conversion.issues.some(({ expression }) => expression?.startsWith(field.split('.')[0]!));
  assert.ok(said, `${field} is reported`);
  for (const { resource } of conversion.entries) assert.deepEqual(validateResource(resource), []);
}

test('a result whose times can not be read is filed all the same, with the times as they were sent', () => {
  const conversion = convert(
    'ORU^R01',
    `${PID}||19701332`,
    pv1({ 2: 'I', 19: 'V1', 44: 'UNK', 45: '20260231' }),
    'OBR|1|P1|F1|K^Potassium^99|||2026-01-02 08:00',
    'OBX|1|NM|K^Potassium^99||6.9|mmol/L||HH|||F|||01/02/2026',
  );
  const result = only(conversion, 'Observation');
  assert.match(printJson(result), /"value":6\.9/);
  // The report's own time stands there too, but whether it is that of this result, OBX-14 would have said.
  assert.equal(result['effectiveDateTime'], undefined);
  for (const [field, value] of [
    ['PID-7', '19701332'],
    ['PV1-44', 'UNK'],
    ['PV1-45', '20260231'],
    ['OBR-7', '2026-01-02 08:00'],
    ['OBX-14', '01/02/2026'],
  ] as const)
    keptAndReported(conversion, field, value);
});

test('a dose or vaccine with a time that can not be read is told as given, at a time that nobody knows', () => {
  const rxa = 'RXA|0|1|yesterday||A^A^99|1|mL';
  const dose = convert('RAS^O17', PID, 'ORC|RE|P1|F1', rxa, 'RXR|PO');
  keptAndReported(dose, 'RXA-3', 'yesterday');
  assert.equal(only(dose, 'MedicationAdministration')['status'], 'completed');
  const vaccine = convert('VXU^V04', PID, 'ORC|RE|P1|F1', rxa);
  keptAndReported(vaccine, 'RXA-3', 'yesterday');
  assert.equal(only(vaccine, 'Immunization')['occurrenceString'], 'unknown');
});

test('an admission with times that can not be read is an admission, and nobody has left by such a time', () => {
  for (const time of ['20260231', '00000000', 'UNK']) {
    const visit = pv1({ 2: 'I', 3: 'W1^1^A', 11: 'X', 19: 'V1', 44: time, 45: time });
    const conversion = convert('ADT^A01', 'EVN||20260102', PID, visit);
    keptAndReported(conversion, 'PV1-44', time);
    keptAndReported(conversion, 'PV1-45', time);
    const encounter = only(conversion, 'Encounter') as unknown as {
      status: string;
      location: { status: string }[];
    };
    const statuses = [encounter.status, ...encounter.location.map(({ status }) => status)];
    assert.deepEqual(statuses, ['in-progress', 'active', 'active']);
  }
});

test('who somebody is must be readable where it is said: a birth date that is none refuses an admission', () => {
  for (const birth of ['19701332', '197001011299'])
    assert.throws(
      () => convert('ADT^A01', 'EVN||20260102', `${PID}||${birth}`, 'PV1|1|I'),
      (error) => error instanceof Hl7Error && error.code === '102' && error.location?.field === 7,
    );
});

test('a time that can not be read makes no two visits, results, doses, vaccines or charges one', () => {
  const header = 'MSH|^~\\&|APP|CLINIC^2.999.1^ISO|MOORING|BRIDGE|20260102030405+0100|';
  const namesIn = (control: string, event: string, segments: readonly string[]) => {
    const text = [`${header}|${event}|${control}|P|2.5.1`, PID, ...segments].join('\r');
    return normalizer.convert(readMessage(text)).entries.map(({ resource: { resourceType: type, id } }) => ({
      type,
      id,
    }));
  };
  const cases: readonly (readonly [type: string, event: string, ...segments: string[]])[] = [
    ['Encounter', 'ADT^A08', pv1({ 2: 'E', 44: '%' })],
    ['DiagnosticReport', 'ORU^R01', 'OBR|1|||K^Potassium^99|||%'],
    ['Observation', 'ADT^A08', 'OBX|1|NM|K^Potassium^99||6.9|mmol/L|||||F|||%'],
    ['Observation', 'ORU^R01', 'OBR|1|||K^Potassium^99|||%', 'OBX|1|NM|K^Potassium^99||6.9|mmol/L||||F'],
    ['MedicationAdministration', 'RAS^O17', 'ORC|RE|P1|F1', 'RXA|0|1|%||A^A^99|1', 'RXR|PO'],
    ['Immunization', 'VXU^V04', 'ORC|RE', 'RXA|0|1|%||A^A^99|1'],
    ['MedicationDispense', 'RDS^O13', 'ORC|RE', 'RXD|1|A^A^99|%|1'],
    ['ChargeItem', 'DFT^P03', 'FT1|1|||%||CG|A^A^99'],
  ];
  for (const [type, event, ...segments] of cases) {
    const ids = (time: string) =>
      ['T-1', 'T-2'].map((control) => {
        const written = segments.map((segment) => segment.replace('%', time));
        return namesIn(control, event, written).find((one) => one.type === type)?.id;
      });
    for (const time of ['00000000', 'UNK']) {
      const [first, second] = ids(time);
      assert.ok(first && second && first !== second, `${type} of ${event} at ${time}`);
    }
    const [first, second] = ids('20260102100000');
    assert.ok(first && first === second, `${type} of ${event}`);
  }
});
