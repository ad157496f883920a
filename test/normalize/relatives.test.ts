// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { message, normalizer, PID, resources } from './setting.ts';

interface Relative {
  readonly id: string;
  readonly name: { family: string }[];
  readonly telecom?: { value: string }[];
  readonly relationship: { coding: { code: string }[] }[];
}

function relatives(...segments: readonly string[]): Relative[] {
  const conversion = normalizer.convert(message('ADT^A08', PID, 'PV1|1|I', ...segments));
  return resources(conversion, 'RelatedPerson') as unknown as Relative[];
}

const nk1 = (set: number, name: string, role: string, phone: string, number: string, more = '') =>
  `NK1|${set}|${name}|MTH^Mother^HL70063||${phone}||${role}${'|'.repeat(8)}${more}${'|'.repeat(18)}${number}`;
const SSN = '987^^^CLINIC^SS';

test('a relative who is told twice with one number, for two roles, is one relative', () => {
  const both = relatives(nk1(1, 'Roe^Ann', 'N', '555-1', SSN), nk1(2, 'Roe^Ann', 'C', '555-2', SSN));
  assert.equal(both.length, 1);
  const [{ id, telecom, relationship }] = both as [Relative];
  assert.deepEqual(
    telecom?.map(({ value }) => value),
    ['555-1', '555-2'],
  );
  assert.deepEqual(
    relationship
      .flatMap(({ coding }) => coding.map(({ code }) => code))
      .filter((code) => /^[NC]$/.test(code)),
    ['N', 'C'],
  );
  // Also by a guarantor's number, and in a message of its own.
  const guarantor = 'GT1|1|987^^^CLINIC^SS|Roe^Ann||||||||MTH';
  assert.equal(relatives(nk1(1, 'Roe^Ann', 'N', '555-1', SSN), guarantor).length, 1);
  assert.equal(relatives(guarantor)[0]?.id, id);
});

test('two people with one number are two', () => {
  assert.equal(
    relatives(nk1(1, 'Roe^Ann', 'N', '555-1', SSN), nk1(2, 'Roe^Tom', 'C', '555-2', SSN)).length,
    2,
  );
  const [female, male] = ['F', 'M'].map((sex, index) => nk1(index + 1, 'Roe', 'N', '', SSN, sex));
  assert.equal(relatives(female!, male!).length, 2);
  // Who is only a number may be either of them, and not both.
  const nameless = nk1(1, '', 'N', '555-0', SSN);
  const named = ['Roe^Ann', 'Roe^Tom'].map((name, index) => nk1(index + 2, name, 'C', '', SSN));
  assert.equal(relatives(nameless, ...named).length, 2);
});

test('two relatives of one name are two: nothing says that they are the same', () => {
  assert.equal(relatives(nk1(1, 'Roe', 'N', '555-1', ''), nk1(2, 'Roe', 'N', '555-2', '')).length, 2);
  assert.equal(relatives(nk1(1, 'Roe^Ann', 'N', '555-1', ''), 'GT1|1||Roe^Ann|||||19500101|||MTH').length, 2);
});
