// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOORING_BASE } from '../../src/fhir/resource.ts';
import { message, normalizer, only, resources } from './setting.ts';

const CANDIDATE = `${MOORING_BASE}/StructureDefinition/candidate`;

interface Part {
  readonly url: string;
  readonly valueReference?: { readonly reference: string };
  readonly valueDecimal?: number;
}

test('an answer with several patients says of each how well it fits', () => {
  const found = (number: string, ...segments: readonly string[]) => [
    `PID|1||${number}^^^CLINIC&2.999.1.1&ISO^MR||Doe^Jane`,
    ...segments,
  ];
  const conversion = normalizer.convert(
    message(
      'RSP^K22',
      'MSA|AA|Q1',
      'QAK|T1|OK',
      'QPD|Q22|T1',
      ...found('P1', 'QRI|95|PHN'),
      ...found('P2', 'QRI|60'),
      ...found('P3'),
    ),
  );
  const said = (only(conversion, 'MessageHeader')['extension'] as { url: string; extension: Part[] }[])
    .filter(({ url }) => url === CANDIDATE)
    .map(({ extension }) => {
      const part = (name: string) => extension.find(({ url }) => url === name);
      return [part('patient')?.valueReference?.reference, part('confidence')?.valueDecimal];
    });
  const [first, second] = resources(conversion, 'Patient').map(({ id }) => `Patient/${id}`);
  assert.deepEqual(said, [
    [first, 95],
    [second, 60],
  ]);
});
