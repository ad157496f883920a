// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readMessage } from '../../src/ingest/hl7/message.ts';
import type { Element } from '../../src/normalize/element.ts';
import { Frame } from '../../src/normalize/frame.ts';
import { Group } from '../../src/normalize/grammar/group.ts';
import type { Position } from '../../src/normalize/grammar/notation.ts';
import type { Instance } from '../../src/normalize/instance.ts';
import { applyRow, compileRow, type Deed } from '../../src/normalize/language/row.ts';
import { Rows } from '../../src/normalize/language/rows.ts';
import { Place } from '../../src/normalize/place.ts';
import type { Run } from '../../src/normalize/run.ts';
import { Taken } from '../../src/normalize/taken.ts';
import { BUILT_IN } from '../../src/normalize/types/registry.ts';

const CONDITIONS = [
  'PID-1 = "A"',
  'PID-1 != "A"',
  'PID-1 = ""',
  'PID-1.1 = "A"',
  'PID-1.2 = "A"',
  'PID-1.2 != "B"',
  'PID-1[2] = "A"',
  'PID-1[].1 = "A"',
  'PID-1[].1 in ("A", "AB")',
  'PID-1 in ("A", "B")',
  'not PID-1 in ("A", "B")',
  'not (PID-1 = "A" and PID-2 = "B")',
  'PID-1 = "A" or PID-2 = "B"',
  'PID-1 = "A" and (PID-2 = "B" or count PID-2 > 1)',
  'count PID-1 > 1',
  'not count PID-1 = 1',
  'PID-2 longer 1',
  'PID-2',
  'PID-2.2',
  'PID-2[2]',
  'not PID-2 and PID-1 != "A"',
  'PID-1 and $chosen and not PID-1 != "B"',
  'PID-1 same PID-2',
  'PID-3 or PID-20',
  'MSH-10 = "A" and PID-1',
  'PV1-1',
  'PV1-1 != "A"',
  'PV1-1 = ""',
  'MSH-10 in ("B", "")',
];

const vocabulary = {
  choices: () => true,
  codes: assert.fail,
  type: (name: string) => BUILT_IN.get(name)!,
};
const compile = (rows: readonly string[]) =>
  rows.map((row, index) => compileRow(row, `${index}`, vocabulary));

/** What rows make of the PID of a message, or of a place in it. */
function made(deeds: readonly Deed[], frame: Frame, at?: Place): Element {
  const target: Element = {};
  for (const deed of deeds) applyRow(deed, target, frame, at);
  return target;
}

function frameOf(controlId: string, fields: readonly string[], ...others: readonly string[]): Frame {
  const text = `MSH|^~\\&|A|B|C|D|2026||ADT^A01|${controlId}|P|2.5\rPID|${fields.join('|')}`;
  const { segments } = readMessage([text, ...others].join('\r'));
  const group = new Group({} as Position, undefined);
  for (const segment of segments) group.place(segment, undefined);
  const run = { explaining: false, taken: new Taken(), note: () => {} } as unknown as Run;
  const instance = { resource: {}, deleted: new Set() } as unknown as Instance;
  return new Frame({ group, segment: segments[1]! }, run, instance);
}

const text = fc.constantFrom('', 'A', 'B', 'AB', '""', ' ', '&', '\\F\\', '&B');
const repetition = fc.array(text, { minLength: 1, maxLength: 2 }).map((parts) => parts.join('^'));
const field = fc.array(repetition, { minLength: 1, maxLength: 3 }).map((all) => all.join('~'));
const far = fc.tuple(field, field, field, fc.constantFrom('', 'A', '""')).map(([one, two, three, last]) => {
  const fields = [one, two, three];
  if (last !== '') fields[19] = last;
  return Array.from(fields, (sent) => sent ?? '');
});

const visit = fc.constantFrom([], ['PV1|'], ['PV1|A'], ['PV1|B']);

test('of the rows of a segment those that are passed over would have done nothing', () => {
  const rows = compile(
    CONDITIONS.flatMap((condition, index) => [
      `always${index} = "said" if ${condition}`,
      `each${index}[] = PID-1 if ${condition}`,
      `through${index}[] = "said" for PID-2 if ${condition}`,
      `second${index}[] = "said" for PID-1[2] if ${condition}`,
      `later${index}[] = "said" for PID-1[2+] if ${condition}`,
      `other${index}[] = "said" for MSH-10 if ${condition}`,
    ]),
  );
  const plan = new Rows(rows, 'PID');
  const written = rows.map(({ asWritten }) => asWritten);
  fc.assert(
    fc.property(fc.constantFrom('A', 'B', 'C'), far, visit, (controlId, fields, pv1) => {
      const frame = frameOf(controlId, fields, ...pv1);
      assert.deepEqual(made(plan.for(frame), frame), made(written, frame));
    }),
    { numRuns: 2_000 },
  );
});

test('of the rows of a data type those that are passed over would have done nothing', () => {
  const conditions = CONDITIONS.map((one) => one.replaceAll(/PID-([123])\b(?!\.|\[)/g, 'XPN.$1')).filter(
    (one) => !/PID|XPN\.\d\.|count|same/.test(one),
  );
  const rows = compile([
    ...conditions.flatMap((condition, index) => [
      `always${index} = "said" if ${condition}`,
      `part${index} = XPN.2 if ${condition}`,
      `inner${index} = XPN.1.2 if ${condition}`,
      `given${index} = XPN.17 if ${condition} and PID-2.2 != "A"`,
    ]),
    'whole = XPN.17.1',
  ]);
  const plan = new Rows(rows);
  const written = rows.map(({ asWritten }) => asWritten);
  const parts = fc.array(text, { minLength: 1, maxLength: 3 });
  const value = fc
    .tuple(parts, fc.option(parts, { nil: undefined }))
    .map(([first, last]) =>
      (last ? [...first, ...Array(16 - first.length).fill(''), ...last] : first).join('^'),
    );
  fc.assert(
    fc.property(value, fc.integer({ min: 0, max: 2 }), (first, component) => {
      const frame = frameOf('A', [first, 'A^B']);
      const at = new Place(frame.segment, 1, 1, component);
      assert.deepEqual(made(plan.for(frame, at), frame, at), made(written, frame, at));
    }),
    { numRuns: 2_000 },
  );
});

test('a row is passed over where its field is empty or its condition cannot hold, and nowhere else', () => {
  const labels = (rows: Record<string, string>, ...fields: string[]) => {
    const compiled = Object.entries(rows).map(([label, row]) => compileRow(row, label, vocabulary));
    return new Rows(compiled, 'PID').for(frameOf('A', fields)).map(({ label }) => label);
  };
  const rows = {
    empty: 'a = PID-9',
    given: 'a = PID-1',
    other: 'a = PV1-3 if MSH-10 = "A"',
    'other-not-so': 'a = PV1-3 if MSH-10 = "B"',
    'not-so': 'a = PID-1 if PID-2 = "X"',
    so: 'a = PID-1 if PID-2 = "B"',
    either: 'a = PID-1 if PID-2 = "X" or PID-9',
    several: 'a = PID-1 if count PID-2 > 1',
    // Each repetition is asked what it says, not the first one.
    each: 'a[] = PID-1 if PID-1 = "B"',
    second: 'a = PID-2 if PID-1[2] = "B"',
    // What the rows before have made may matter.
    made: 'a = PID-2 if @patient and PID-2 = "B"',
  };
  assert.deepEqual(labels(rows, 'A~B', 'B'), ['given', 'other', 'so', 'each', 'second', 'made']);
});
