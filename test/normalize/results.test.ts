// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../../src/fhir/resource.ts';
import { message, normalizer, only, PID, resources } from './setting.ts';

const convert = (event: string, ...segments: string[]) => normalizer.convert(message(event, ...segments));
const referenceOf = (value: unknown) => (value as { reference?: string } | undefined)?.reference;
const nameOf = (resource: Resource) => `${resource.resourceType}/${resource.id}`;

test('a unit with a power of ten whose ^ was not escaped is read as it was meant', () => {
  const unitOf = (unit: string) => {
    const conversion = convert(
      'ORU^R01',
      PID,
      'OBR|1|P1|F1|X^X^99',
      `OBX|1|NM|WBC^White^99||12.4|${unit}|||||F`,
    );
    const { valueQuantity } = only(conversion, 'Observation') as { valueQuantity?: Record<string, unknown> };
    return [valueQuantity?.['unit'], valueQuantity?.['code'], conversion.unmapped.length];
  };
  assert.deepEqual(unitOf('10^9/L'), ['10^9/L', undefined, 0]);
  assert.deepEqual(unitOf('x10^3/uL'), ['x10^3/uL', undefined, 0]);
  assert.deepEqual(unitOf('10*9/L^billion per litre^UCUM'), ['billion per litre', '10*9/L', 0]);
  const text = convert('ORU^R01', PID, 'OBR|1|P1|F1|X^X^99', 'OBX|1|NM|WBC^White^99||<0.1|10^9/L|||||F');
  assert.match(JSON.stringify(only(text, 'Observation')['extension']), /"text":"10\^9\/L"/);
  assert.doesNotMatch(JSON.stringify(only(text, 'Observation')), /"9\/L"/);
});

test('what a message says of a specimen is told, though a result has named the specimen before', () => {
  const named = `OBX|1|NM|K^Potassium^99||4||||||F${'|'.repeat(22)}S1&CLINIC`;
  const specimen = 'SPM|1|S1&CLINIC||SER^Serum^HL70487';
  const conversion = convert('ORU^R01', PID, 'OBR|1|P1|F1|X^X^99', named, specimen);
  const entry = conversion.entries.find(({ resource }) => resource.resourceType === 'Specimen');
  assert.equal(entry?.create, undefined, 'it would be left alone when the specimen is stored already');
  const onlyNamed = convert('ORU^R01', PID, 'OBR|1|P1|F1|X^X^99', named);
  assert.equal(onlyNamed.entries.find(({ resource }) => resource.resourceType === 'Specimen')?.create, true);
});

test('a laboratory of which only the kind or the address is told has a name that nobody says (R4 org-1)', () => {
  const nameOfLab = (laboratory: string) => {
    const result = `OBX|1|NM|K^Potassium^99||4||||||F${'|'.repeat(12)}${laboratory}`;
    const organizations = resources(convert('ORU^R01', PID, 'OBR|1|P1|F1|X^X^99', result), 'Organization');
    const laboratories = organizations.filter((one) => one['type'] ?? one['address']);
    assert.equal(laboratories.length, 1);
    const { name, _name } = laboratories[0] as {
      name?: string;
      _name?: { extension: { valueCode: string }[] };
    };
    return name ?? _name?.extension[0]?.valueCode;
  };
  assert.equal(nameOfLab('^L|1 Quay Street^^Porttown'), 'unknown');
  assert.equal(nameOfLab('^^^^^^NPI|1 Quay Street^^Porttown'), 'unknown');
  assert.equal(nameOfLab('Quay Laboratory^L|1 Quay Street^^Porttown'), 'Quay Laboratory');
  assert.equal(nameOfLab('^L^77|1 Quay Street^^Porttown'), undefined);
});

test('a waveform of one channel is samples of one dimension, one of several has a dimension for each', () => {
  const dimensionsOf = (type: string, values: string) => {
    const segments = ['OBR|1|P1|F1|X^X^99', `OBX|1|${type}|ECG^Lead I^99||${values}|mV^^UCUM|||||F`];
    const { valueSampledData } = only(convert('ORU^R01', PID, ...segments), 'Observation') as {
      valueSampledData?: { dimensions: number; data: string };
    };
    return [valueSampledData?.dimensions, valueSampledData?.data];
  };
  assert.deepEqual(dimensionsOf('NA', '0.01^0.02^^0.05'), [1, '0.01 0.02 E 0.05']);
  assert.deepEqual(dimensionsOf('NA', '1^2^3~4^5^6'), [3, '1 2 3 4 5 6']);
  assert.deepEqual(dimensionsOf('MA', '1^2'), [2, '1 2']);
});

test('a result that stands below the specimen is the report of its order, and its note is its own', () => {
  const segments = [
    'OBR|1|P1|F1|X^X^99',
    'SPM|1|S1&L||SER^Serum^HL70487',
    'OBX|1|NM|K^Potassium^99||4||||||F',
  ];
  const notes = (resource: Resource) =>
    ((resource['note'] ?? []) as { text: string }[]).map(({ text }) => text);
  for (const event of ['ORU^R01', 'OUL^R24']) {
    const conversion = convert(event, PID, ...segments, 'NTE|1||of potassium');
    const [result, specimen] = [only(conversion, 'Observation'), only(conversion, 'Specimen')];
    assert.deepEqual(only(conversion, 'DiagnosticReport')['result'], [{ reference: nameOf(result) }], event);
    assert.deepEqual(
      [result['focus'], referenceOf(result['specimen'])],
      [undefined, nameOf(specimen)],
      event,
    );
    assert.deepEqual([notes(result), notes(specimen)], [['of potassium'], []], event);
  }
});

test('what is observed of a specimen beside the results of its order is about the specimen', () => {
  const segments = [
    'OBR|1|P1|F1|X^X^99',
    'OBX|1|NM|K^Potassium^99||4||||||F',
    'SPM|1|S1&L||SER^Serum^HL70487',
  ];
  const conversion = convert('ORU^R01', PID, ...segments, 'OBX|1|NM|H^Haemolysis^99||1||||||F');
  const [potassium, haemolysis] = resources(conversion, 'Observation');
  assert.deepEqual(only(conversion, 'DiagnosticReport')['result'], [{ reference: nameOf(potassium!) }]);
  assert.deepEqual(haemolysis?.['focus'], [{ reference: nameOf(only(conversion, 'Specimen')) }]);
});

test('the section of the laboratory or the X-ray is the category of its results, not of what was asked with the order', () => {
  const categoryOf = (event: string, section: string, type = '') => {
    const order = `OBR|1|P1|F1|X^X^99${'|'.repeat(20)}${section}|F`;
    const observation = `OBX|1|NM|WT^Weight^99||70||||||F${'|'.repeat(18)}${type}`;
    const { category, specimen } = only(
      convert(event, PID, 'ORC|NW|P1|F1', order, observation, 'SPM|1|S1&L||SER^Serum^HL70487'),
      'Observation',
    ) as { category?: { coding: { code: string }[] }[]; specimen?: unknown };
    return [category?.map(({ coding }) => coding[0]?.code).join(' '), specimen !== undefined];
  };
  assert.deepEqual(categoryOf('ORU^R01', 'URN'), ['laboratory', true]);
  assert.deepEqual(categoryOf('ORU^R01', 'RAD'), ['imaging', true]);
  assert.deepEqual(categoryOf('ORU^R01', 'ICU'), [undefined, true]);
  assert.deepEqual(categoryOf('ORU^R01', 'CH', 'QST'), ['QST', false]);
  assert.deepEqual(categoryOf('ORM^O01', 'RAD'), [undefined, false]);
});

test('every device that took part in a result is referred to by it', () => {
  const equipment = `OBX|1|NM|K^Potassium^99||4||||||F${'|'.repeat(7)}D1^L~D2^L`;
  const participant = 'PRT||AD||EQUIP^Equipment^HL70912||||||D3^L';
  const conversion = convert('ORU^R01', PID, 'OBR|1|P1|F1|X^X^99', equipment, participant);
  const devices = resources(conversion, 'Device').map(nameOf);
  const result = JSON.stringify(only(conversion, 'Observation'));
  assert.equal(devices.length, 3);
  for (const device of devices) assert.ok(result.includes(device), device);
});

test('codes of variants, tumour stages and absent values are those of the systems that FHIR knows', () => {
  const systemOf = (name: string) => {
    const value = `OBX|1|CWE|X^X^99||C^C^${name}||||||F`;
    const { valueCodeableConcept } = only(
      convert('ORU^R01', PID, 'OBR|1|P1|F1|X^X^99', value),
      'Observation',
    ) as {
      valueCodeableConcept?: { coding: { system: string }[] };
    };
    return valueCodeableConcept?.coding[0]?.system;
  };
  assert.equal(systemOf('HGVS.c'), 'http://varnomen.hgvs.org');
  assert.equal(systemOf('RefSeq-T'), 'http://www.ncbi.nlm.nih.gov/refseq');
  assert.equal(systemOf('AJCC'), 'http://cancerstaging.org');
  assert.equal(systemOf('NULLFL'), 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor');
});

const LINE = (text: string, number = 1) => `OBX|${number}|TX|R^Report^99||${text}||||||F`;

test('a text that is sent line by line is one result, empty lines included', () => {
  const lines = [LINE('First'), LINE('', 2), LINE('Third', 3), LINE('Fourth', 4), LINE('', 5)];
  const conversion = convert('ORU^R01', PID, 'OBR|1|P1|F1|X^X^99', ...lines);
  const report = only(conversion, 'Observation');
  assert.equal(report['valueString'], 'First\n\nThird\nFourth');
  assert.deepEqual(only(conversion, 'DiagnosticReport')['result'], [{ reference: nameOf(report) }]);
  assert.deepEqual([conversion.unmapped, conversion.dropped.filter(({ field }) => field === 3)], [[], []]);
  const shorter = convert('ORU^R01', PID, 'OBR|1|P1|F1|X^X^99', LINE('Corrected'));
  assert.equal(only(shorter, 'Observation').id, report.id, 'no line of the longer text is left standing');
});

test('lines that say anything else than the one before, notes included, are results of their own', () => {
  const count = (...lines: string[]) =>
    resources(convert('ORU^R01', PID, 'OBR|1|P1|F1|X^X^99', ...lines), 'Observation').length;
  assert.equal(count(LINE('a'), LINE('b').replace('|F', '|P')), 2);
  assert.equal(count(LINE('a'), LINE('b').replace('||b', '|2|b')), 2);
  assert.equal(count(LINE('a'), 'NTE|1||of a', LINE('b')), 2);
  assert.equal(count(LINE('a'), LINE('b'), 'NTE|1||of b'), 2);
  assert.equal(count(LINE('a'), 'OBR|2|P2|F2|Y^Y^99', LINE('b')), 2);
  assert.equal(count(LINE('a').replace('TX', 'ST'), LINE('b').replace('TX', 'ST')), 2);
});

test('where each line of a text came from is explained', () => {
  const segments = ['OBR|1|P1|F1|X^X^99', LINE('a'), LINE('b', 2)];
  const { origins } = normalizer.convert(message('ORU^R01', PID, ...segments), { explain: true });
  const lines = origins.filter(({ path }) => path === 'Observation.valueString').map(({ field }) => field);
  assert.deepEqual(lines, ['OBX-5.1', 'OBX[2]-5.1']);
});
