// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printJson } from '../../src/fhir/json.ts';
import { normalizer as open } from '../../src/normalize/convert.ts';
import { loadMappings } from '../../src/normalize/load.ts';
import { compileProgram } from '../../src/normalize/program.ts';
import { ID_SECRET, MAPPINGS, message, only, PID } from './setting.ts';

const files = await loadMappings(MAPPINGS);

/** What a row makes of a value in a Z segment, as printed; the field after it is ZZT-2. */
function made(row: string, ...values: readonly string[]): unknown {
  const rows = { 'PID/Patient': { probe: `probe.${row}` } };
  const sites = { probe: { facility: '2.999.1', rows } };
  const { convert } = open(compileProgram({ ...files, sites }, { zone: 'Z' }), ID_SECRET);
  const patient = only(
    convert(message('ADT^A08', 'EVN||20260102', PID, `ZZT|${values.join('|')}`)),
    'Patient',
  );
  return Object.values((patient['probe'] ?? {}) as object)[0];
}

test('a repeat pattern keeps its code, days, period and event', () => {
  assert.deepEqual(made('valueTiming = ZZT-1 as RPT', 'Q1W^DW^1^5'), {
    code: {
      coding: [
        { system: 'http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation', code: 'WK', display: 'weekly' },
        { system: 'http://terminology.hl7.org/CodeSystem/v2-0335', code: 'Q1W' },
      ],
    },
    repeat: { dayOfWeek: ['mon', 'tue', 'wed', 'thu', 'fri'] },
  });
  assert.deepEqual(made('valueTiming = ZZT-1 as RPT', '^DW^6^1'), {
    repeat: { dayOfWeek: ['sat', 'sun', 'mon'] },
  });
  assert.deepEqual(made('valueTiming = ZZT-1 as RPT', '^^^^8^HR'), {
    repeat: { period: 8, periodUnit: 'h' },
  });
  assert.deepEqual(made('valueTiming = ZZT-1 as RPT', '^^^^^^^PC^2^h'), {
    repeat: { when: ['PC'], offset: 120 },
  });
});

test('half a timing is no timing: a period without a unit, an offset from nothing, a day that is none', () => {
  assert.equal(made('valueTiming = ZZT-1 as RPT', '^^^^8^moons'), undefined);
  assert.equal(made('valueTiming = ZZT-1 as RPT', '^^^^^^^^2^h'), undefined);
  assert.equal(made('valueTiming = ZZT-1 as RPT', '^DW^1^9'), undefined);
});

test('times of day and durations of old messages are read', () => {
  assert.deepEqual(made('valueTiming = ZZT-1 as RI', '^0800,1230'), {
    repeat: { timeOfDay: ['08:00:00', '12:30:00'] },
  });
  assert.equal(made('valueTiming = ZZT-1 as RI', '^0800,2530'), undefined);
  assert.deepEqual(made('valueDuration = ZZT-1 as TQ/duration', 'W02'), {
    value: 2,
    unit: 'wk',
    system: 'http://unitsofmeasure.org',
    code: 'wk',
  });
  assert.equal(made('valueDuration = ZZT-1 as TQ/duration', 'X3'), undefined);
});

test('the repetitions of a numeric array are points in time, its components channels, and digits stay', () => {
  const data = made('valueSampledData = ZZT-1 as NA', '1.50^2~-3^~4^5') as Record<string, unknown>;
  assert.equal(data['dimensions'], 2);
  assert.equal(data['data'], '1.50 2 -3 E 4 5');
  const short = made('valueSampledData = ZZT-1 as NA', '1^2~7') as Record<string, unknown>;
  assert.equal(short['data'], '1 2 7 E');
  assert.equal(made('valueSampledData = ZZT-1 as NA', 'ten'), undefined);
});

test('a structured number that is more than a number keeps how it was written', () => {
  const originalText = 'http://hl7.org/fhir/StructureDefinition/originalText';
  assert.deepEqual(made('valueQuantity = ZZT-1 as SN', '^2^+'), {
    extension: [{ url: originalText, valueString: '2 +' }],
    value: 2,
  });
  assert.deepEqual(made('valueRatio = ZZT-1 as SN/Ratio', '>^1^:^128'), {
    extension: [{ url: originalText, valueString: '> 1 : 128' }],
    numerator: { comparator: '>', value: 1 },
    denominator: { value: 128 },
  });
  assert.deepEqual(made('valueQuantity = ZZT-1 as SN', '<^10'), { value: 10, comparator: '<' });
});

test('money keeps its digits and currency', () => {
  assert.equal(
    printJson(made('valueMoney = ZZT-1 as CP', '12.50&EUR^UP')),
    '{"value":12.50,"currency":"EUR"}',
  );
});

test('an end is reckoned from a start and a duration, in the zone of the start', () => {
  const row = 'valueInstant = "{ZZT-1} + {ZZT-2} {ZZT-3}" as instant';
  assert.equal(made(row, '202603280930+0100', '45', 'MIN'), '2026-03-28T10:15:00+01:00');
  assert.equal(made(row, '202612312330Z', '1', 'h'), '2027-01-01T00:30:00Z');
  assert.equal(made(row, '202612312330Z', '90', ''), '2027-01-01T01:00:00Z', 'v2 means minutes');
  assert.equal(made(row, '202612312330Z', '1', 'moon'), undefined);
  const before = 'valueDateTime = "{ZZT-1} - {ZZT-2} {ZZT-3}" as dateTime';
  assert.equal(made(before, '20260301', '1', 'd'), '2026-02-28');
  assert.equal(made(before, '202603010015Z', '30', 'min'), '2026-02-28T23:45:00Z');
  const day = 'valueDateTime = "{ZZT-1} + {ZZT-2} {ZZT-3}" as dateTime';
  assert.equal(made(day, '20240131', '1', 'mo'), '2024-02-29');
  assert.equal(made(day, '20260228', '1', 'wk'), '2026-03-07');
  assert.equal(made(day, '20260228', '3', 'h'), undefined, 'hours after a day begin at no known time');
});

test('an end is reckoned from a start, what passes before it begins, and a duration', () => {
  const row = 'valueDateTime = "{ZZT-1} + {ZZT-2} {ZZT-3} + {ZZT-4} {ZZT-5}" as dateTime';
  assert.equal(made(row, '202603281000Z', '15', 'min', '1', 'h'), '2026-03-28T11:15:00Z');
  assert.equal(made(row, '202603281000Z', '15', '', '60', ''), '2026-03-28T11:15:00Z');
  assert.equal(made(row, '202603281000Z', '', '', '60', 'min'), '2026-03-28T11:00:00Z');
  assert.equal(made(row, '202603281000Z', '15', 'min', 'long', 'min'), undefined);
});

test('a duration is understood as timings before v2.5 have it', () => {
  const row = 'valueDateTime = "{ZZT-1} + {ZZT-2}" as dateTime';
  assert.equal(made(row, '20260301', 'D7'), '2026-03-08');
  assert.equal(made(row, '20260331', 'L1'), '2026-04-30');
  assert.equal(made(row, '202603010800Z', 'H12'), '2026-03-01T20:00:00Z');
  assert.equal(made(row, '20260301', 'INDEF'), undefined);
});

test('an appointment agreed on to the minute is at that minute', () => {
  assert.equal(made('valueInstant = ZZT-1 as scheduled', '202603280930+0100'), '2026-03-28T09:30:00+01:00');
  assert.equal(made('valueInstant = ZZT-1 as scheduled', '20260328'), undefined);
});

test('a code of another code system is not taken for the one of the table that looks the same', () => {
  const row = 'valueCodeableConcept = ZZT-1 as CWE with marital-status';
  const codes = (value: string) =>
    (made(row, value) as { coding: { code: string }[] }).coding.map(({ code }) => code);
  assert.deepEqual(codes('G'), ['T', 'G']);
  assert.deepEqual(codes('G^Living together^HL70002'), ['T', 'G']);
  assert.deepEqual(codes('G^^LN'), ['G']);
});

test('where the first code of a field is missing, its alternate one is read', () => {
  assert.equal(made('valueCode = ZZT-1 as code with administrative-sex', '^^^F^Female^HL70001'), 'female');
});

test('what stands after a time and is no degree of precision is kept, wherever the time stands', () => {
  const segments = [
    'EVN||20260101^junk2',
    'PID|1||P1^^^K||X^Y||19800101^junk3|F|||A^^B^^^^H^^^^^^19990101&junk4',
    `PV1|1|I|${'|'.repeat(40)}|20260101^junk5`,
    'OBX|1|TS|1^a^LN||20260101^junk6||||||F|||20260101^junk7',
  ];
  const conversion = open(compileProgram({ ...files, sites: {} }, { zone: 'Z' }), ID_SECRET).convert(
    message('ADT^A08', ...segments),
  );
  const printed = JSON.stringify(conversion.entries);
  for (const junk of [2, 3, 4, 5, 6, 7]) assert.match(printed, new RegExp(`"junk${junk}"`));
  assert.match(printed, /"birthDate":"1980-01-01"/);
  const precise = open(compileProgram({ ...files, sites: {} }, { zone: 'Z' }), ID_SECRET).convert(
    message('ADT^A08', 'EVN||2026', PID.concat('||19800101^L|F')),
  );
  assert.equal(only(precise, 'Patient')['birthDate'], '1980-01');
  assert.deepEqual(precise.unmapped, []);
});

test('an e-mail address beside the number of a telephone is never called a telephone', () => {
  const phone = made('valueContactPoint = ZZT-1 as XTN', '^PRN^PH^jane@home.example^1^555^1234567');
  const { system, value } = phone as { system: string; value: string };
  assert.deepEqual([system, value], ['phone', '+1 555 1234567']);
  assert.deepEqual(made('valueContactPoint = ZZT-1 as XTN', '^NET^Internet^jane@work.example'), {
    system: 'email',
    value: 'jane@work.example',
  });
});

test('a census tract belongs to a line of the address, as R4 wants it', () => {
  const tract = 'http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-censusTract';
  assert.deepEqual(made('valueAddress = ZZT-1 as XAD', '1 Quay Street^^Harbour^^^^^^^T17'), {
    line: ['1 Quay Street'],
    city: 'Harbour',
    _line: [{ extension: [{ url: tract, valueString: 'T17' }] }],
  });
  const alone = made('valueAddress = ZZT-1 as XAD', '^^Harbour^^^^^^^T17');
  assert.match(JSON.stringify(alone), /census-tract","valueString":"T17"/);
});
