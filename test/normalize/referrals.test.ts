// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { message, normalizer, only, PID, resources } from './setting.ts';

interface Reference {
  readonly reference: string;
}

const REFERRAL = message(
  'REF^I12',
  'RF1|A||MED|||R1^CLINIC',
  'PRD|RT|Poe^Ann|||^WPN^PH^^^^5550100||77^TAX',
  'PRD|RP|Doe^Eve||OPD^^^CLINIC',
  PID,
  'DG1|1||I48.9^Atrial fibrillation^I10|||W',
  'DG1|2||I10^Hypertension^I10|||W',
  'OBR|1||F1^CLINIC|34534-8^ECG^LN||||||||||||||||||||||F',
  'OBX|1|TX|8601-7^ECG impression^LN||Irregular||||||F',
  'PV1|1|O|OPD^^^CLINIC',
);

const referral = (conversion: ReturnType<typeof normalizer.convert>) =>
  resources(conversion, 'ServiceRequest').find((one) =>
    (one['identifier'] as { value: string }[]).some(({ value }) => value === 'R1'),
  )!;
const references = (value: unknown) => (value as Reference[]).map(({ reference }) => reference);

test('a referral says why: its diagnoses, and which results go along with it', () => {
  const conversion = normalizer.convert(REFERRAL);
  const asked = referral(conversion);
  assert.deepEqual(
    references(asked['reasonReference']),
    resources(conversion, 'Condition').map(({ id }) => `Condition/${id}`),
  );
  assert.equal(references(asked['reasonReference']).length, 2);
  assert.deepEqual(references(asked['supportingInfo']), [
    `DiagnosticReport/${only(conversion, 'DiagnosticReport').id}`,
  ]);
});

test('who refers works at the place that the referral names', () => {
  const conversion = normalizer.convert(REFERRAL);
  const { reference } = referral(conversion)['requester'] as Reference;
  const requester = resources(conversion, 'PractitionerRole').find(
    ({ id }) => reference === `PractitionerRole/${id}`,
  )!;
  assert.deepEqual(
    (requester['location'] as { display: string }[]).map(({ display }) => display),
    ['OPD, CLINIC'],
  );
});

test('diagnoses without a referral make none', () => {
  const conversion = normalizer.convert(
    message('REF^I12', 'PRD|RP|Doe^Eve', PID, 'DG1|1||I48.9^Atrial fibrillation^I10|||W'),
  );
  assert.equal(resources(conversion, 'ServiceRequest').length, 0);
});
