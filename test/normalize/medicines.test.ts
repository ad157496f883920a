// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../../src/fhir/resource.ts';
import { message, normalizer, PID, resources } from './setting.ts';

interface Dosage {
  readonly timing?: { readonly repeat?: Readonly<Record<string, unknown>> };
}

const dosages = (order: Resource | undefined) => (order?.['dosageInstruction'] ?? []) as Dosage[];

function ordered(event: string, ...segments: readonly string[]): Resource[] {
  return resources(normalizer.convert(message(event, PID, ...segments)), 'MedicationRequest');
}

test('seven days from a start have an end, also as timings before v2.5 say it', () => {
  const [order] = ordered('RDE^O11', 'ORC|NW|RX1^CLINIC', 'RXE|^Q8H^D7^20260601|1^Drug^L|500||mg');
  assert.deepEqual(dosages(order)[0]?.timing?.repeat?.['boundsPeriod'], {
    start: '2026-06-01',
    end: '2026-06-08',
  });
});
