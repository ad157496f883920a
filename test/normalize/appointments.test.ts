// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../../src/fhir/resource.ts';
import { message, normalizer, only, PID, resources } from './setting.ts';

const SCH = (status = '') =>
  `SCH|P7^CLINIC|F7^CLINIC|||||||20|MIN|^^^202604021000+0200||||||||||||||${status}`;

function appointment(event: string, ...segments: readonly string[]): Resource {
  return only(normalizer.convert(message(event, ...segments)), 'Appointment');
}

test('a cancelled, deleted or missed appointment is one, whatever SCH-25 still says', () => {
  assert.equal(appointment('SIU^S15', SCH('Booked'), PID)['status'], 'cancelled');
  assert.equal(appointment('SIU^S17', SCH('Booked'), PID)['status'], 'entered-in-error');
  assert.equal(appointment('SIU^S26', SCH('Booked'), PID)['status'], 'noshow');
});

test('the status of an appointment is that of SCH-25, else of its service, else it is booked', () => {
  assert.equal(
    appointment('SIU^S14', SCH('Pending'), PID, 'AIS|1||S1^Service|||||||Complete')['status'],
    'pending',
  );
  assert.equal(appointment('SIU^S14', SCH(), PID, 'AIS|1||S1^Service|||||||Complete')['status'], 'fulfilled');
  assert.equal(appointment('SIU^S14', SCH(), PID)['status'], 'booked');
});

test('an appointment is the same in every message about it', () => {
  assert.equal(appointment('SIU^S12', SCH(), PID).id, appointment('SIU^S15', SCH(), PID).id);
});

test('an appointment of twenty minutes ends twenty minutes after its start', () => {
  const { start, end, minutesDuration } = appointment('SIU^S12', SCH(), PID) as Record<string, unknown>;
  assert.deepEqual(
    { start, end, minutesDuration },
    { start: '2026-04-02T10:00:00+02:00', end: '2026-04-02T10:20:00+02:00', minutesDuration: 20 },
  );
});

test('an appointment whose times nobody says has a reason why not, but a cancellation leaves the stored ones alone', () => {
  const known = appointment('SIU^S12', 'SCH|P7^CLINIC|F7^CLINIC', PID);
  assert.ok(known['_start'] && known['_end']);
  const cancelled = appointment('SIU^S15', 'SCH|P7^CLINIC|F7^CLINIC', PID);
  assert.ok(!cancelled['_start'] && !cancelled['_end']);
});

test('who is taken off an appointment is no longer a participant of it', () => {
  const names = (action: string) => {
    const { participant } = appointment(
      'SIU^S13',
      SCH(),
      PID,
      `AIP|1|${action}|77^Doe^Eve`,
      'AIP|2|A|78^Poe^Ann',
    );
    return (participant as { actor?: { display?: string } }[]).flatMap(({ actor }) => actor?.display ?? []);
  };
  assert.deepEqual(names('A'), ['Eve Doe', 'Ann Poe']);
  assert.deepEqual(names('D'), ['Ann Poe']);
});

test('an appointment without a patient is converted, though it names an order', () => {
  const conversion = normalizer.convert(message('SIU^S23', `${SCH()}||||||||||||||||ORD1^CLINIC`));
  assert.equal(resources(conversion, 'Appointment').length, 1);
  assert.equal(resources(conversion, 'ServiceRequest').length, 0);
});
