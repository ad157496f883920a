// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printJson } from '../../src/fhir/json.ts';
import { validateResource } from '../../src/fhir/validate.ts';
import { readMessage } from '../../src/ingest/hl7/message.ts';
import type { Unmapped } from '../../src/normalize/convert.ts';
import {
  type GuideMessage,
  type GuidePosition,
  readGuide,
  typesOf,
} from '../../src/normalize/guide/guide.ts';
import { smallestMessage } from '../../src/normalize/guide/smallest.ts';
import { loadGuide } from '../../src/normalize/load.ts';
import { fixture, fixtureNames, normalizer } from './setting.ts';

const guide = readGuide(await loadGuide(new URL('../../mappings/guide/', import.meta.url)));

/** Fields that are read strictly: a message with nonsense in them isn't taken at all. */
const STRICT = new Set(['PID-7', 'MSH-7', 'MSH-9', 'MSH-10', 'MSH-12', 'MSH-18']);
const COMPONENTS = 7;

/** A text for each component of a field, and for a subcomponent of the last one, none of which is said twice. */
function marksOf(segment: string, field: number): string[] {
  return Array.from({ length: COMPONENTS + 1 }, (_, part) =>
    `m${segment}${field}p${part + 1}x`.toLowerCase(),
  );
}

function check(message: GuideMessage, position: GuidePosition, valueType?: string): void {
  const { segment } = position;
  const marks = new Map<string, number>();
  const values = typesOf(guide, segment).flatMap((_type, index) => {
    const field = index + 1;
    const name = `${segment}-${field}`;
    if (name === 'OBX-2') return valueType === undefined ? [] : [{ field: name, value: valueType }];
    if (STRICT.has(name) || name === 'MSH-1' || name === 'MSH-2') return [];
    const own = marksOf(segment, field);
    for (const mark of own) marks.set(mark, field);
    return [{ field: name, value: `${own.slice(0, -1).join('^')}&${own.at(-1)}` }];
  });
  const sent = smallestMessage(message, `${message.events[0]}^${message.name}`, position, values);
  const conversion = normalizer.convert(readMessage(sent));
  for (const { resource } of conversion.entries) assert.deepEqual(validateResource(resource), [], sent);
  const output = clearText(printJson(conversion.bundle)).toLowerCase();
  const left = new Set(
    conversion.dropped.filter((leaf) => leaf.segment === segment).map(({ field }) => field),
  );
  const lost = [...marks].filter(([mark, field]) => !output.includes(mark) && !left.has(field));
  assert.deepEqual(
    lost.map(([mark]) => mark),
    [],
    sent,
  );
}

/** With the texts of attachments, which are in base64. */
function clearText(json: string): string {
  const data = [...json.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)];
  return [json, ...data.map(([, base64]) => Buffer.from(base64!, 'base64').toString())].join('\n');
}

for (const message of guide.messages) {
  test(`every value of ${message.name} is in the output, or a rule says why not`, () => {
    const done = new Set<string>();
    for (const position of message.positions) {
      const name = [...position.groups, position.segment].join('.');
      if (done.has(name)) continue;
      done.add(name);
      check(message, position);
    }
  });
}

test('every value of a result is in the output, whatever type OBX-2 says', () => {
  const message = guide.messages.find(({ name }) => name === 'ORU_R01')!;
  const position = message.positions.find(
    ({ groups, segment }) => segment === 'OBX' && groups.at(-1) === 'OBSERVATION',
  )!;
  for (const type of 'ST TX FT NM SN CE CWE CNE CF IS DT TM TS DTM DR NR NA MA CQ ED RP XPN XAD MO CP ZZ'.split(
    ' ',
  ))
    check(message, position, type);
  check(message, position, '');
});

test('of every message of the fixtures each value is mapped, kept by an extension, or left out by a rule', () => {
  for (const name of fixtureNames) {
    const message = fixture(name);
    const conversion = normalizer.convert(message);
    const text = printJson(conversion.bundle);
    // What extensions keep is there letter by letter.
    for (const leaf of conversion.unmapped)
      assert.ok(text.includes(`/v2/${leaf.segment}-${leaf.field}`), name);
    const said = new Set([...conversion.unmapped, ...conversion.dropped].map(placeOf));
    assert.equal(
      said.size,
      conversion.unmapped.length + conversion.dropped.length,
      'nothing is counted twice',
    );
  }
});

function placeOf({ segment, sequence, field, repetition, component, subcomponent }: Unmapped): string {
  return [segment, sequence, field, repetition, component, subcomponent].join(' ');
}
