// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Hl7Error, MAX_FIELDS, MAX_SEGMENTS, readMessage } from '../../../src/ingest/hl7/message.ts';

const HEADER = 'MSH|^~\\&|EHR|HOSP|||20260101||ADT^A01|1|P|2.5.1';

function refusal(text: string): Hl7Error {
  try {
    readMessage(text);
  } catch (error) {
    if (error instanceof Hl7Error) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'the message was read' });
}

describe('a message', () => {
  test('is counted as HL7 counts: MSH-1 is the separator, MSH-2 the encoding characters', () => {
    const { header } = readMessage(HEADER);
    assert.deepEqual([header.value(1), header.value(2), header.value(3)], ['|', '^~\\&', 'EHR']);
    assert.deepEqual([header.repetitions(2), header.components(2), header.subcomponents(2)], [1, 1, 1]);
    assert.equal(header.whole(2), '^~\\&');
    assert.equal(header.value(9, 1, 2), 'A01');
    assert.equal(header.fieldCount, 12);
  });

  test('gives repetitions, components and subcomponents in one shape', () => {
    const pid = readMessage(`${HEADER}\rPID|1||A^^^H&1.2&ISO^MR~B||X&Y`).segment('PID')!;
    assert.equal(pid.repetitions(3), 2);
    assert.equal(pid.components(3, 1), 5);
    assert.equal(pid.subcomponents(3, 1, 4), 3);
    assert.deepEqual(
      [pid.value(3), pid.value(3, 1, 4, 2), pid.value(3, 2), pid.value(3, 2, 4)],
      ['A', '1.2', 'B', ''],
    );
    assert.deepEqual([pid.value(5), pid.value(5, 1, 1, 2), pid.components(5, 1)], ['X', 'Y', 1]);
    assert.equal(pid.whole(3, 1), 'A^^^H&1.2&ISO^MR');
  });

  test('answers with nothing where nothing is', () => {
    const pid = readMessage(`${HEADER}\rPID|1`).segment('PID')!;
    for (const field of [-1, 0, 2, 99]) {
      assert.deepEqual([pid.value(field), pid.raw(field), pid.repetitions(field)], ['', '', 0]);
      assert.deepEqual([pid.components(field, 3), pid.subcomponents(field, 1, 7)], [0, 0]);
    }
    assert.deepEqual(
      [pid.value(1, 2), pid.value(1, 1, 2), pid.value(1, 1, 1, 2), pid.value(1, 0)],
      ['', '', '', ''],
    );
  });

  test('tells deletion from silence', () => {
    const pid = readMessage(`${HEADER}\rPID|1||""||A^""~""|`).segment('PID')!;
    assert.deepEqual([pid.isDelete(3), pid.isDelete(4), pid.isDelete(5)], [true, false, false]);
    assert.deepEqual([pid.isDelete(5, 1, 2), pid.isDelete(5, 2), pid.isDelete(5, 1, 1)], [true, true, false]);
    assert.equal(pid.value(3), '');
  });

  test('ends its segments with CR, LF or CR LF, even mixed, with blank lines between', () => {
    const message = readMessage(`\r\n${HEADER}\r\nPID|1\nPV1|1\r\r\nOBX|1\n\n`);
    assert.deepEqual(
      message.segments.map(({ name, index }) => [name, index]),
      [
        ['MSH', 0],
        ['PID', 1],
        ['PV1', 2],
        ['OBX', 3],
      ],
    );
    assert.equal(readMessage(`${HEADER}\nPID|1`).segments.length, 2);
  });

  test('keeps a line break that its sender left inside a field', () => {
    const message = readMessage(`${HEADER}\rOBX|1|TX|||first\n\nthird line|x\rNTE|1\n\r`);
    assert.equal(message.segment('OBX')?.value(5), 'first\n\nthird line');
    assert.equal(message.segment('OBX')?.value(6), 'x');
    assert.equal(message.segment('NTE')?.value(1), '1');
  });

  test('numbers the segments of a name', () => {
    const message = readMessage(`${HEADER}\rOBX|1\rNTE|1\rOBX|2`);
    assert.deepEqual(
      message.segments.map(({ name, sequence }) => `${name}${sequence}`),
      ['MSH1', 'OBX1', 'NTE1', 'OBX2'],
    );
  });

  test('may bring its own delimiters', () => {
    const message = readMessage('MSH#$*~!#EHR\rPID#1##A$$$H!1.2~F~*B|^&\\');
    const pid = message.segment('PID')!;
    assert.deepEqual([pid.value(3, 1, 4, 2), pid.value(3, 2)], ['1.2#', 'B|^&\\']);
    assert.equal(message.delimiters.escape, '~');
  });

  test('may name fewer delimiters, or the truncation character of v2.7', () => {
    const short = readMessage('MSH|^|EHR\rPID|1||A^B~C&D\\F\\').segment('PID')!;
    assert.deepEqual([short.value(3, 1, 2), short.value(3, 2, 1, 2)], ['B', 'D\\F\\']);
    assert.equal(readMessage('MSH|^~\\&#|EHR').header.value(3), 'EHR');
    assert.deepEqual(readMessage('MSH|^~\\\\&|EHR').delimiters, readMessage(HEADER).delimiters);
  });
});

describe('a message that can not be read', () => {
  const cases: [string, string, string, string][] = [
    ['without MSH', 'PID|1', '100', 'MSH'],
    ['that is empty', '', '100', 'MSH'],
    ['with a letter as separator', 'MSHA^~\\&A', '102', 'MSH-1'],
    ['that ends after MSH', 'MSH', '102', 'MSH-1'],
    ['without encoding characters', 'MSH||EHR', '101', 'MSH-2'],
    ['with one character for two delimiters', 'MSH|^^\\&|EHR', '102', 'MSH-2'],
    ['with letters as encoding characters', 'MSH|ABCD|EHR', '102', 'MSH-2'],
    ['with a broken segment name', `${HEADER}\rPID|1\robx|1`, '100', 'PID'],
    ['with text after a segment name', `${HEADER}\rPID1|1`, '100', 'MSH'],
    ['with a second header', `${HEADER}\r${HEADER}`, '100', 'MSH'],
  ];
  for (const [what, text, code, place] of cases) {
    test(`${what} is refused with ${code} at ${place}`, () => {
      const error = refusal(text);
      const { segment, field } = error.location!;
      assert.deepEqual([error.code, field === undefined ? segment : `${segment}-${field}`], [code, place]);
    });
  }

  test('never shows its content in the error', () => {
    assert.doesNotMatch(refusal(`${HEADER}\rPID|1||9\rQuillfeather|x`).message, /Quill|9\b.*9/);
  });

  test('is refused at the limits of segments and fields, and read below them', () => {
    const segments = (count: number) => `${HEADER}${'\rNTE|1'.repeat(count - 1)}`;
    assert.equal(readMessage(segments(MAX_SEGMENTS)).segments.length, MAX_SEGMENTS);
    assert.equal(refusal(segments(MAX_SEGMENTS + 1)).code, '100');
    const fields = (count: number) => `${HEADER}\rZZZ${'|1'.repeat(count)}`;
    assert.equal(readMessage(fields(MAX_FIELDS)).segments[1]?.fieldCount, MAX_FIELDS);
    assert.equal(refusal(fields(MAX_FIELDS + 1)).code, '102');
  });

  test('costs no more than its size, however it is nested', { timeout: 5_000 }, () => {
    for (const delimiter of ['^', '~', '&', '\\', '\n', '~^', '\\F']) {
      const segment = readMessage(`${HEADER}\rZZZ|x${delimiter.repeat(300_000)}x`).segment('ZZZ')!;
      const last = Math.max(1, segment.components(1, 1));
      for (let component = 1; component <= last; component++) segment.value(1, 1, component);
      for (let repetition = 1; repetition <= segment.repetitions(1); repetition++)
        segment.value(1, repetition);
      for (let part = 1; part <= segment.subcomponents(1, 1, 1); part++) segment.value(1, 1, 1, part);
    }
  });
});

test('what is written into a message is what is read from it', () => {
  const text = fc
    .string({ unit: fc.constantFrom(...'abcäö1 ."-'), maxLength: 6 })
    .filter((value) => value !== '""');
  const component = fc.array(text, { minLength: 1, maxLength: 3 });
  const repetition = fc.array(component, { minLength: 1, maxLength: 4 });
  const field = fc.array(repetition, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(field, { minLength: 1, maxLength: 8 }), (fields) => {
      const line = fields.map((f) => f.map((r) => r.map((c) => c.join('&')).join('^')).join('~')).join('|');
      const segment = readMessage(`${HEADER}\rZZZ|${line}`).segments[1]!;
      for (const [f, repetitions] of fields.entries())
        for (const [r, components] of repetitions.entries())
          for (const [c, parts] of components.entries())
            for (const [s, value] of parts.entries())
              assert.equal(segment.value(f + 1, r + 1, c + 1, s + 1), value);
    }),
    { numRuns: 500 },
  );
});
