// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../src/ingest/hl7/message.ts';
import { reportOf } from '../../src/normalize/output/report.ts';
import { fixture, fixtureNames, message, normalizer, PID } from './setting.ts';

interface Said {
  readonly severity: string;
  readonly diagnostics: string;
  readonly expression?: readonly string[];
}

function reportsOn(sent: Message): Said[] {
  return reportOf(normalizer.convert(sent))['issue'] as Said[];
}

/** Where the report says that something is. */
function placesOf(sent: Message, what: RegExp): readonly string[] | undefined {
  const found = reportsOn(sent).find(({ diagnostics }) => what.test(diagnostics));
  assert.ok(found, `nothing in the report says ${what}`);
  return found.expression;
}

test('whatever the report of a message says, it names a place that the message has', () => {
  for (const name of fixtureNames) {
    const sent = fixture(name);
    const segments = new Set(sent.segments.map((segment) => segment.name));
    for (const { diagnostics, expression } of reportsOn(sent)) {
      if (diagnostics === 'every value was mapped') continue;
      assert.ok(expression && expression.length > 0, `${name}: ${diagnostics}`);
      for (const place of expression) {
        const [, segment] =
          /^([A-Z][A-Z0-9]{2})(?:\[\d+\])?(?:-\d+(?:\[\d+\])?(?:\.\d+){0,2})?$/.exec(place) ?? [];
        assert.ok(segment !== undefined && segments.has(segment), `${name}: ${place}`);
      }
    }
  }
});

test('a value that can’t be read is reported with its segment, repetition and component', () => {
  const sent = message(
    'ORU^R01',
    `${PID}||19700101||||A^^^^^^^^^^^^20250101^20240101~B^^^^^^^^^^^^20250101^20240101`,
    'OBR|1||7|24323-8^Panel^LN',
    'OBX|1|NM|1^One^LN||5||||||F',
    'OBX|2|NM|2^Two^LN||five||||||F',
  );
  assert.deepEqual(placesOf(sent, /is no number/), ['OBX[2]-5.1']);
  const again = reportsOn(sent).filter(({ diagnostics }) => /period end before/.test(diagnostics));
  assert.deepEqual(
    again.map(({ expression }) => expression),
    [['PID-11.14'], ['PID-11[2].14']],
  );
});

test('an identifier without an authority is reported at its repetition', () => {
  const sent = message('ADT^A08', 'PID|1||P1^^^CLINIC^MR~77||Doe^Jane');
  assert.deepEqual(placesOf(sent, /without an assigning authority/), ['PID-3[2]']);
});

test('a deletion that isn’t followed, and a time without a zone, are reported where they were met first', () => {
  const deleting = message('ADT^A08', `${PID}||19700101|F|||||""`);
  assert.deepEqual(placesOf(deleting, /asks to delete a part/), ['PID-13']);
  const local = message('ADT^A08', PID, `PV1|1|I${'|'.repeat(42)}20260102030405|20260103030405`);
  assert.deepEqual(placesOf(local, /times without a zone/), ['PV1-44.1']);
});

test('a segment that stands where it has no place is reported by its number', () => {
  const sent = message('ADT^A08', PID, 'PV1|1|I', 'EVN||20260101', 'EVN||20260102', 'TXA|1');
  assert.deepEqual(placesOf(sent, /TXA.* has no place/), ['TXA']);
  assert.deepEqual(placesOf(sent, /EVN\[2\] has no place/), ['EVN[2]']);
});

test('what is left out because R4 doesn’t allow it is reported with the segment it came from', () => {
  const separators = fixture('155');
  const places = reportsOn(separators).filter(({ diagnostics }) => / was left out$/.test(diagnostics));
  assert.deepEqual(
    places.map(({ diagnostics, expression }) => [diagnostics.split(' ')[1], expression]),
    [
      ['Provenance.agent', ['EVN']],
      ['Encounter.location', ['PV1']],
      ['Encounter.participant', ['PV1']],
    ],
  );
});

test('what contradicts what was said before is reported with the field that says so', () => {
  const order = ['OBR|1||7|24323-8^Panel^LN', 'OBX|1|NM|1^One^LN||5||||||F'];
  const sent = message('ORU^R01', `${PID}||19700101`, ...order, `${PID}||19710101`, ...order);
  assert.deepEqual(placesOf(sent, /two things of one/), ['PID[2]-7.1']);
});

test('what is doubtful about the message as a whole is reported at its header', () => {
  const sent = message('ADT', 'EVN|A08|20260102', PID);
  assert.deepEqual(placesOf(sent, /MSH-9 says no event/), ['MSH-9']);
});
