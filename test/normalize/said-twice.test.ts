// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { message, normalizer, only, PID } from './setting.ts';

/** The doctor of a visit, whom two fields name. */
function doctor(attending: string, referring: string) {
  return only(
    normalizer.convert(message('ADT^A01', PID, `PV1|1|I|||||${attending}|${referring}`)),
    'Practitioner',
  );
}

test('a doctor whom one field names with a title and another without has one name', () => {
  const full = [{ family: 'Doe', given: ['Eve'], prefix: ['Dr'] }];
  assert.deepEqual(doctor('77^Doe^Eve^^^Dr', '77^Doe^Eve')['name'], full);
  assert.deepEqual(doctor('77^Doe^Eve', '77^Doe^Eve^^^Dr')['name'], full);
});

test('a doctor whom two fields name differently has both names', () => {
  const { name } = doctor('77^Doe^Eve', '77^Doe^Evelyn^^^Dr');
  assert.deepEqual(name, [
    { family: 'Doe', given: ['Eve'] },
    { family: 'Doe', given: ['Evelyn'], prefix: ['Dr'] },
  ]);
});

test('a number that two fields give, one with its assigner, is one number', () => {
  const system = 'urn:oid:2.999.1';
  assert.deepEqual(doctor('77^Doe^Eve^^^^^^CLINIC&2.999.1&ISO', '77^Doe^Eve')['identifier'], [
    { system, value: '77', assigner: { display: 'CLINIC' } },
  ]);
});
