// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import HL7 from 'hl7-standard';
import { readBytes } from '../../../src/ingest/hl7/charset.ts';
import type { Message } from '../../../src/ingest/hl7/message.ts';
import { fixtures } from './fixtures.ts';

// hl7-standard reads plain messages only: it takes | ^ ~ & for granted, gives a lone & the shape of a repetition and decodes no
// escapes. Where none of that is in play, two readers that share no line must agree on every component.
interface Parsed {
  transformed: Record<string, { data: Record<string, unknown> }[]>;
}

test('our reader and hl7-standard agree on every plain field of the fixtures', () => {
  let compared = 0;
  for (const { name, bytes } of fixtures()) {
    const { message, text } = readBytes(bytes);
    if (message.delimiters.field !== '|' || message.header.value(2) !== '^~\\&') continue;
    const other = new HL7(text.trim().replaceAll(/[\r\n]\s*/g, '\r'), { lineEndings: '\r' });
    other.transform();
    compared += compare(name, message, other as unknown as Parsed);
  }
  assert.ok(compared > 2000, `compared ${compared}`);
});

function compare(name: string, message: Message, { transformed }: Parsed): number {
  let compared = 0;
  for (const segment of message.segments) {
    const theirs = transformed[segment.name]?.[segment.sequence - 1]?.data ?? {};
    for (let field = segment.name === 'MSH' ? 3 : 1; field <= segment.fieldCount; field++) {
      if (/[&\\]|""/.test(segment.raw(field))) continue;
      const ours = repetitionsOf(segment, field);
      const path = `${segment.name}.${field}`;
      assert.deepEqual(normalize(theirs[path], path), ours, `${name} ${path}`);
      compared++;
    }
  }
  return compared;
}

function repetitionsOf(segment: Message['segments'][number], field: number): string[][] {
  const count = Math.max(1, segment.repetitions(field));
  return Array.from({ length: count }, (_, r) =>
    Array.from({ length: Math.max(1, segment.components(field, r + 1)) }, (_, c) =>
      segment.value(field, r + 1, c + 1),
    ),
  );
}

/** Their four shapes of a field as one. */
function normalize(field: unknown, path: string): string[][] {
  if (typeof field === 'string') return [[field]];
  const repetitions = Array.isArray(field) ? field : [field];
  return repetitions.map((repetition: unknown) => {
    if (typeof repetition === 'string') return [repetition];
    const components = repetition as Record<string, string>;
    return Object.keys(components).map((_, index) => components[`${path}.${index + 1}`] ?? '');
  });
}
