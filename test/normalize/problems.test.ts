// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOORING_BASE } from '../../src/fhir/resource.ts';
import { message, normalizer, only, PID, resources } from './setting.ts';

const references = (value: unknown) => (value as { reference: string }[]).map(({ reference }) => reference);

test('what is observed or ordered because of a problem or goal says so, and of the right one', () => {
  const conversion = normalizer.convert(
    message(
      'PPR^PC1',
      PID,
      'PRB|AD|20260323|F41.1^Anxiety^I10|B1^CLINIC',
      'OBX|1|NM|69737-5^GAD-7^LN||14||||||F',
      'GOL|AD|20260323|SLEEP^Sleep^L|G1^CLINIC',
      'OBX|1|NM|93832-4^Sleep duration^LN||5.5||||||F',
      'ORC|NW|O1^CLINIC',
      'OBR|1|O1^CLINIC||90834^Psychotherapy^C4',
      'PRB|AD|20260323|R63.4^Weight loss^I10|B2^CLINIC',
      'OBX|1|NM|29463-7^Body weight^LN||52.5||||||F',
    ),
  );
  const [anxiety, loss] = resources(conversion, 'Condition').map(({ id }) => `Condition/${id}`);
  const goal = `Goal/${only(conversion, 'Goal').id}`;
  assert.deepEqual(
    resources(conversion, 'Observation').map((one) => references(one['focus'])),
    [[anxiety], [goal], [loss]],
  );
  assert.deepEqual(references(only(conversion, 'ServiceRequest')['reasonReference']), [anxiety]);
});

test('a goal says when it was last changed', () => {
  const conversion = normalizer.convert(message('PGL^PC7', PID, 'GOL|UP|20260324|WALK^Walk^L|G9^CLINIC'));
  assert.deepEqual(only(conversion, 'Goal')['extension'], [
    { url: `${MOORING_BASE}/StructureDefinition/action-time`, valueDateTime: '2026-03-24' },
  ]);
});
