// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printJson } from '../../src/fhir/json.ts';
import { validateResource } from '../../src/fhir/validate.ts';
import { message, normalizer } from './setting.ts';

/** Fields that must be times for a message to be taken at all. */
const TIMES: Readonly<Record<string, readonly number[]>> = {
  PID: [7],
  PV1: [44, 45],
  OBX: [14],
  OBR: [7, 8],
  RXA: [3],
};
const FIELDS = 45;
/** About the message, or decided by another field: see mappings/ignored.yaml. */
const ABOUT: Readonly<Record<string, readonly number[]>> = {
  PID: [1],
  NK1: [1],
  PV1: [1],
  OBR: [1],
  OBX: [1, 2],
  NTE: [1],
  AL1: [1],
  DG1: [1],
  PR1: [1],
  IN1: [1],
  GT1: [1],
  SPM: [1],
  TQ1: [1],
  RXA: [1, 2],
  EVN: [1],
  ROL: [2],
  PRT: [2],
};

/** A segment in which every part of every field is a text of its own. */
function marked(
  name: string,
  given: Readonly<Record<number, string>> = {},
): { line: string; markers: Map<string, string> } {
  const markers = new Map<string, string>();
  const fields = Array.from({ length: FIELDS }, (_, index) => {
    const field = index + 1;
    if (given[field] !== undefined) return given[field];
    if (TIMES[name]?.includes(field)) return '20260102';
    if (ABOUT[name]?.includes(field)) return '1';
    const mark = (suffix: string, component?: number) => {
      const marker = `m${name}${field}${suffix}`;
      markers.set(marker, `${name}-${field}${component === undefined ? '' : `.${component}`}`);
      return marker;
    };
    const parts = Array.from({ length: 7 }, (_, part) => mark(`p${part + 1}x`, part + 1));
    return `${parts.join('^')}&${mark('subx', 7)}`;
  });
  return { line: [name, ...fields].join('|'), markers };
}

function check(
  event: string,
  segments: readonly (readonly [string, Readonly<Record<number, string>>?])[],
): void {
  const made = segments.map(([name, given]) => marked(name, given));
  const conversion = normalizer.convert(message(event, ...made.map((one) => one.line)));
  for (const { resource } of conversion.entries) assert.deepEqual(validateResource(resource), []);
  const output = conversion.entries
    .map((entry) => printJson(entry.resource))
    .join('\n')
    .toLowerCase();
  const reported = new Set(
    conversion.unmapped.map(({ segment, field, component }) => `${segment}-${field}.${component}`),
  );
  const lost: string[] = [];
  for (const { markers } of made) {
    for (const [marker, place] of markers) {
      if (!output.includes(marker.toLowerCase()) && !reported.has(place)) lost.push(`${place} (${marker})`);
    }
  }
  assert.deepEqual(lost, []);
}

test('every value of an admission is in the output or reported', () => {
  check('ADT^A01', [
    ['EVN'],
    ['PID'],
    ['PD1'],
    ['ROL'],
    ['NK1'],
    ['PV1', { 2: 'I' }],
    ['PV2'],
    ['ROL'],
    ['OBX', { 2: 'ST' }],
    ['AL1'],
    ['IAM'],
    ['DG1'],
    ['PR1'],
    ['GT1'],
    ['IN1'],
  ]);
});

test('every value of a merge is in the output or reported', () => {
  check('ADT^A40', [['EVN'], ['PID'], ['PD1'], ['MRG']]);
});

test('every value of results is in the output or reported, whatever type OBX-2 says', () => {
  for (const type of [
    'ST',
    'TX',
    'FT',
    'NM',
    'SN',
    'CE',
    'CWE',
    'DT',
    'TM',
    'TS',
    'DR',
    'NR',
    'CQ',
    'ED',
    'RP',
    'XPN',
    '',
  ]) {
    check('ORU^R01', [
      ['PID'],
      ['NTE'],
      ['PV1'],
      ['PV2'],
      ['ORC'],
      ['OBR'],
      ['NTE'],
      ['TQ1'],
      ['OBX', { 2: type }],
      ['PRT'],
      ['NTE'],
      ['SPM'],
    ]);
  }
});

test('every value of a vaccination record is in the output or reported', () => {
  check('VXU^V04', [
    ['PID'],
    ['PD1'],
    ['NK1'],
    ['PV1'],
    ['GT1'],
    ['IN1'],
    ['ORC'],
    ['RXA'],
    ['RXR'],
    ['OBX', { 2: 'CE' }],
    ['NTE'],
  ]);
});
