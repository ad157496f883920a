// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readMessage } from '../../src/ingest/hl7/message.ts';
import type { Group } from '../../src/normalize/grammar/group.ts';
import { compileCondition, type FieldTest } from '../../src/normalize/language/condition.ts';
import { compileRow } from '../../src/normalize/language/row.ts';
import { SegmentRows } from '../../src/normalize/language/rows.ts';
import { BUILT_IN } from '../../src/normalize/types/registry.ts';

const choices = () => true;
const CONDITIONS = [
  'PID-1 = "A"',
  'PID-1 != "A"',
  'PID-1.1 = "A"',
  'PID-1.2 = "A"',
  'PID-1[2] = "A"',
  'PID-1[].1 = "A"',
  'PID-1 in ("A", "B")',
  'not PID-1 in ("A", "B")',
  'not (PID-1 = "A" and PID-2 = "B")',
  'PID-1 = "A" or PID-2 = "B"',
  'PID-1 = "A" and (PID-2 = "B" or count PID-2 > 1)',
  'count PID-1 > 1',
  'not count PID-1 = 1',
  'PID-2 longer 1',
  'not PID-2 and PID-1 != "A"',
  'PID-1 and $chosen and not PID-1 != "B"',
];

const text = fc.constantFrom('', 'A', 'B', 'AB', '""');
const repetition = fc.array(text, { minLength: 1, maxLength: 2 }).map((parts) => parts.join('^'));
const field = fc.array(repetition, { minLength: 1, maxLength: 3 }).map((all) => all.join('~'));
const segmentOf = (fields: readonly string[]) =>
  readMessage(`MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rPID|${fields.join('|')}`).segments[1]!;
const segment = fc.tuple(field, field).map(segmentOf);

test('what a condition asks of single fields has to hold for it to hold, whatever stands there', () => {
  for (const condition of CONDITIONS) {
    const compiled = compileCondition(condition, choices);
    fc.assert(
      fc.property(segment, (pid) => {
        const asked = ({ of, field }: FieldTest) =>
          of === 'text' ? pid.value(field) : pid.repetitions(field);
        const passes = (compiled.tests ?? []).every((one) => one.passes(asked(one)));
        const holds = compiled({ segment: pid, group: {} as Group }, undefined);
        assert.ok(passes || !holds, condition);
        if (compiled.isTest) assert.equal(passes, holds, condition);
      }),
    );
  }
});

test('a row is passed over where its field is empty or its condition cannot hold, and nowhere else', () => {
  const vocabulary = { choices, codes: assert.fail, type: (name: string) => BUILT_IN.get(name)! };
  const names = (rows: Record<string, string>, ...fields: string[]) => {
    const compiled = Object.entries(rows).map(([id, row]) => compileRow(row, id, vocabulary));
    return new SegmentRows(compiled, 'PID').for(segmentOf(fields)).map(({ label }) => label);
  };
  const rows = {
    empty: 'a = PID-9',
    given: 'a = PID-1',
    other: 'a = PV1-3 if PV1-1 = "X"',
    'not-so': 'a = PID-1 if PID-2 = "X"',
    so: 'a = PID-1 if PID-2 = "B"',
    several: 'a = PID-1 if count PID-2 > 1',
    // Each repetition is asked what it says, not the first one.
    each: 'a[] = PID-1 if PID-1 = "B"',
    second: 'a = PID-2 if PID-1[2] = "B"',
  };
  assert.deepEqual(names(rows, 'A~B', 'B'), ['given', 'other', 'so', 'each', 'second']);
});
