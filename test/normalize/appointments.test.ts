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
  for (const event of ['SIU^S15', 'SIU^S16', 'SIU^S24']) {
    const cancelled = appointment(event, 'SCH|P7^CLINIC|F7^CLINIC', PID);
    assert.ok(!cancelled['_start'] && !cancelled['_end'], event);
  }
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

test('whoever begins some minutes into an appointment is there from then until the end of their part', () => {
  const after = (...parts: readonly string[]) => appointment('SIU^S12', ...parts);
  const period = (one: Resource) =>
    (one['participant'] as { period?: unknown }[]).find((part) => part.period)?.period;
  const part = { start: '2026-04-02T10:05:00+02:00', end: '2026-04-02T10:20:00+02:00' };
  for (const segment of [
    'AIS|1||S1^Service||5|min|15|min',
    'AIG|1||E1^Lamp||||||5|min|15|min',
    'AIL|1||ROOM1||||5|min|15|min',
    'AIP|1||77^Doe^Eve||||5|min|15|min',
  ]) {
    assert.deepEqual(period(after(SCH(), PID, segment)), part, segment);
    assert.deepEqual(
      period(after('SCH|P7^CLINIC', 'TQ1|1||||||202604021000+0200', PID, segment)),
      part,
      segment,
    );
  }
});

test('an appointment lasts as long as its own timing says, not as one of its services', () => {
  const timed = appointment(
    'SIU^S12',
    'SCH|P7^CLINIC',
    'TQ1|1|||||90^min&minutes&UCUM|202604021000+0200',
    PID,
    'AIS|1||S1^Service||15|min|60|min',
  );
  assert.deepEqual([timed['minutesDuration'], timed['end']], [90, '2026-04-02T11:30:00+02:00']);
});

test('an appointment ends when its service does, where nothing else says when', () => {
  const end = (service: string) =>
    appointment('SIU^S12', 'SCH|P7^CLINIC||||||||||^^^202604021000+0200', PID, service)['end'];
  assert.equal(end('AIS|1||S1^Service|202604021010+0200|||20|min'), '2026-04-02T10:30:00+02:00');
  assert.equal(end('AIS|1||S1^Service||15|min|20|min'), '2026-04-02T10:35:00+02:00');
  assert.equal(end('AIS|1||S1^Service||||20|min'), '2026-04-02T10:20:00+02:00');
});

test('why an appointment was cancelled is the reason of its cancellation, and R4 allows none where somebody did not come', () => {
  const reasoned = (event: string) =>
    appointment(event, 'SCH|P7^CLINIC|||||ILL^Too ill^L', PID)['cancelationReason'];
  for (const event of ['SIU^S15', 'SIU^S16', 'SIU^S24']) assert.ok(reasoned(event), event);
  for (const event of ['SIU^S14', 'SIU^S26']) assert.equal(reasoned(event), undefined, event);
});

test('the visit of an appointment is planned, and not in progress before the patient is there', () => {
  const visit = (event: string, status: string, pv1: string) => {
    const one = only(normalizer.convert(message(event, SCH(status), PID, pv1)), 'Encounter');
    const [place] = one['location'] as { status: string }[];
    return [one['status'], place?.status];
  };
  assert.deepEqual(visit('SIU^S12', 'Booked', 'PV1|1|O|CLINIC'), ['planned', 'planned']);
  assert.deepEqual(visit('SIU^S15', 'Cancelled', 'PV1|1|O|CLINIC'), ['cancelled', 'planned']);
  assert.deepEqual(visit('SIU^S26', 'Noshow', 'PV1|1|R|CLINIC'), ['cancelled', 'planned']);
  assert.deepEqual(visit('SIU^S14', 'Started', 'PV1|1|O|CLINIC'), ['in-progress', 'active']);
  assert.deepEqual(visit('SIU^S14', 'Complete', 'PV1|1|O|CLINIC'), ['finished', 'active']);
  // Somebody in hospital may have appointments.
  assert.deepEqual(visit('SIU^S12', 'Booked', 'PV1|1|I|WARD'), ['in-progress', 'active']);
});

test('a service that is taken off an appointment is no longer one of it, unless another is', () => {
  const entry = (...services: readonly string[]) =>
    normalizer
      .convert(message('SIU^S20', SCH(), PID, ...services))
      .entries.find(({ resource }) => resource.resourceType === 'Appointment')!;
  const none = entry('AIS|1|D|S1^Service');
  assert.equal(none.resource['serviceType'], undefined);
  assert.ok(none.removed.includes('serviceType'));
  const other = entry('AIS|1|D|S1^Service', 'AIS|2|U|S2^Other');
  assert.deepEqual(other.resource['serviceType'], [{ coding: [{ code: 'S2', display: 'Other' }] }]);
  assert.ok(!other.removed.includes('serviceType'));
});

test('nobody has accepted an appointment that is pending or on a waiting list, unless they are said to have', () => {
  const statuses = (status: string, aip: string) => {
    const { participant } = appointment('SIU^S12', SCH(status), PID, 'AIS|1||S1^Service', aip);
    return (participant as { status: string }[]).map((one) => one.status);
  };
  const asked = ['needs-action', 'needs-action', 'needs-action'];
  assert.deepEqual(statuses('Waitlist', 'AIP|1||77^Doe^Eve'), asked);
  assert.deepEqual(statuses('Pending', 'AIP|1||77^Doe^Eve'), asked);
  assert.deepEqual(statuses('Pending', 'AIP|1||77^Doe^Eve|||||||||Booked'), [
    'needs-action',
    'needs-action',
    'accepted',
  ]);
  assert.deepEqual(statuses('Booked', 'AIP|1||77^Doe^Eve'), ['accepted', 'accepted', 'accepted']);
});
