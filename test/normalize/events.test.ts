// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hl7Error } from '../../src/ingest/hl7/errors.ts';
import type { Conversion } from '../../src/normalize/convert.ts';
import { fixture, message, normalizer, only, PID, resources } from './setting.ts';

const convert = (event: string, ...segments: string[]) => normalizer.convert(message(event, ...segments));
const converted = (name: string) => normalizer.convert(fixture(name));
const VISIT = 'PV1|1|I|||||||||||||||||V1';
const FORMER = 'MRG|P0^^^CLINIC&2.999.1.1&ISO^MR';
const SAME = 'MRG|P1^^^CLINIC&2.999.1.1&ISO^MR';

function referenceTo(conversion: Conversion, type: string, number: string): string {
  const found = resources(conversion, type).find((one) =>
    JSON.stringify(one['identifier']).includes(`"${number}"`),
  );
  return `${type}/${found?.id}`;
}

test('a visit follows its events: planned, there, on leave, there again, called off', () => {
  const events = {
    A05: 'planned',
    A14: 'planned',
    A15: 'in-progress',
    A12: 'in-progress',
    A21: 'onleave',
    A22: 'in-progress',
    A53: 'onleave',
    A52: 'in-progress',
    A27: 'cancelled',
    A38: 'cancelled',
    A03: 'finished',
  };
  for (const [event, status] of Object.entries(events)) {
    const conversion = convert(`ADT^${event}`, 'EVN||20260102', PID, VISIT);
    assert.equal(only(conversion, 'Encounter')['status'], status, event);
  }
});

test('what a hospital deletes is not deleted, and not marked unless a site wants it', () => {
  const visit = convert('ADT^A23', 'EVN||20260102', PID, VISIT);
  assert.equal(only(visit, 'Encounter')['status'], 'unknown');
  const person = convert('ADT^A29', 'EVN||20260102', PID);
  assert.equal(only(person, 'Patient')['active'], undefined);
  assert.deepEqual(
    person.entries.flatMap(({ removed }) => removed),
    [],
  );
});

test('all events that merge patients merge them, however old', () => {
  for (const event of ['A18', 'A30', 'A34', 'A36', 'A39', 'A40', 'A46', 'A47']) {
    const [merge] = convert(`ADT^${event}`, 'EVN||20260102', PID, FORMER).merges ?? [];
    assert.ok(merge, event);
    assert.match(JSON.stringify([merge.prior.knownBy, merge.survivor.knownBy]), /P0.*P1/, event);
  }
});

test('a patient whose account or visit number changes is merged with nobody', () => {
  for (const event of ['A36', 'A41', 'A42', 'A49', 'A50', 'A44']) {
    const conversion = convert(
      `ADT^${event}`,
      'EVN||20260102',
      `${PID}|||||||||||||A2`,
      `${SAME}||A1||V0`,
      VISIT,
    );
    assert.equal(conversion.merges, undefined, event);
    assert.equal(resources(conversion, 'Patient').length, 1, event);
  }
});

test('a merged account is inactive and a part of the one that stays; a merged visit is a part of the other', () => {
  const accounts = converted('221');
  const former = resources(accounts, 'Account').find((one) => one['status'] === 'inactive');
  assert.deepEqual(former?.['partOf'], { reference: referenceTo(accounts, 'Account', 'HA778155') });
  const visits = converted('222');
  const part = resources(visits, 'Encounter').find((one) => one['partOf'] !== undefined);
  assert.equal(`Encounter/${part?.id}`, referenceTo(visits, 'Encounter', 'HV90356'));
  assert.deepEqual(part?.['partOf'], { reference: referenceTo(visits, 'Encounter', 'HV90355') });
});

test('who merged, moved or ended something is told of all that it happened to, each once', () => {
  const told = {
    '127': ['E10044830', 'E10044832', 'E10044831', 'E10044833', 'E10044835'],
    '221': ['H550902', 'HA778100', 'HA778155'],
    '222': ['H550902', 'HV90355', 'HV90356'],
    '224': ['H550902', 'HA779000'],
    '372': ['E10044840', 'EA5601', 'EA5602'],
  };
  for (const [name, numbers] of Object.entries(told)) {
    const conversion = converted(name);
    const [event] = resources(conversion, 'Provenance').filter((one) => one['entity'] === undefined);
    const targets = (event!['target'] as { reference: string }[]).map(({ reference }) => reference);
    assert.equal(new Set(targets).size, targets.length, name);
    const named = conversion.entries
      .filter(({ resource }) => targets.includes(`${resource.resourceType}/${resource.id}`))
      .map(({ resource }) => JSON.stringify(resource['identifier'] ?? ''))
      .join();
    for (const number of numbers) assert.ok(named.includes(`"${number}"`), `${name}: ${number}`);
  }
});

test('an account that was on the wrong patient belongs to the right one, and the wrong one is left alone', () => {
  const moved = converted('224');
  const account = resources(moved, 'Account').find((one) => JSON.stringify(one).includes('HA779000'));
  assert.deepEqual(account?.['subject'], [{ reference: referenceTo(moved, 'Patient', 'H550902') }]);
  const source = moved.entries.find(({ resource }) =>
    JSON.stringify(resource['identifier'] ?? '').includes('H550999'),
  );
  assert.equal(source?.create, true);
});

test('linked patients point at each other and stay two', () => {
  const linked = converted('218');
  const [one, other] = resources(linked, 'Patient');
  const linkOf = (patient: typeof one) =>
    (patient?.['link'] as { other: { reference: string }; type: string }[] | undefined)?.[0];
  assert.deepEqual(linkOf(one), { type: 'seealso', other: { reference: `Patient/${other?.id}` } });
  assert.deepEqual(linkOf(other), { type: 'seealso', other: { reference: `Patient/${one?.id}` } });
  assert.equal(linked.merges, undefined);
});

test('patients who swap beds each get the place of the other', () => {
  const swap = converted('214');
  const places = resources(swap, 'Encounter').map((one) =>
    (one['location'] as { location: { reference: string }; status: string }[]).map(
      ({ location, status }) => `${status} ${location.reference}`,
    ),
  );
  const [first = [], second = []] = places;
  assert.equal(first[0]?.replace('active', 'completed'), second[1]);
  assert.equal(second[0]?.replace('active', 'completed'), first[1]);
  const subjects = resources(swap, 'Encounter').map(
    (one) => (one['subject'] as { reference: string }).reference,
  );
  assert.equal(new Set(subjects).size, 2);
});

test('a closed bed is told to the store, not only mentioned', () => {
  const conversion = converted('215');
  const bed = conversion.entries.find(({ resource }) => resource['operationalStatus'] !== undefined);
  assert.deepEqual(bed?.resource['operationalStatus'], {
    system: 'http://terminology.hl7.org/CodeSystem/v2-0116',
    code: 'C',
  });
  assert.equal(bed?.create, undefined);
});

test('an old acknowledgment, which has no event, is called by its type alone', () => {
  const activity = only(converted('101'), 'Provenance')['activity'] as { coding: { display?: string }[] };
  assert.equal(activity.coding[0]?.display, 'message - ACK');
});

test('an acknowledgment says of which message it is, whether it was taken, and what was wrong', () => {
  const header = only(converted('227'), 'MessageHeader');
  const response = header['response'] as { code: string; identifier: string; details: { reference: string } };
  assert.equal(response.code, 'fatal-error');
  assert.equal(response.identifier, 'HE000777');
  const [outcome] = (header['contained'] as { id: string; issue: { severity: string }[] }[]).filter(
    ({ id }) => `#${id}` === response.details.reference,
  );
  assert.deepEqual(
    outcome?.issue.map(({ severity }) => severity),
    ['error', 'warning'],
  );
});

test('a message of v2.1, which says only its type, is taken by EVN-1 or by the one event of its type', () => {
  const encounter = (type: string, event: string) =>
    only(convert(type, `EVN|${event}|20260101`, PID, VISIT), 'Encounter');
  for (const event of ['A01', 'A03', 'A11'])
    assert.equal(encounter('ADT', event)['status'], encounter(`ADT^${event}`, event)['status']);
  assert.equal(encounter('ADT', 'A11')['status'], 'cancelled');
  const result = convert('ORU', PID, 'OBR|1|A|B|C^D^L', 'OBX|1|ST|X^Y^L||t||||||F');
  assert.equal(resources(result, 'Observation').length, 1);
  assert.ok(result.issues.some(({ diagnostics }) => diagnostics.startsWith('MSH-9 says no event')));
  const order = convert('ORM', PID, 'ORC|NW|A', 'OBR|1|A||C^D^L');
  assert.equal(resources(order, 'ServiceRequest').length, 1);
  for (const [type, event] of [
    ['ADT', ''],
    ['ADT', 'A0~1'],
    ['MDM', 'T02'],
  ] as const)
    assert.throws(
      () => convert(type, `EVN|${event}|2026`, PID),
      (error) => error instanceof Hl7Error && error.code === '201',
    );
});
