// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitMessages } from '../../../src/ingest/hl7/batch.ts';
import { readBytes } from '../../../src/ingest/hl7/charset.ts';

/** Bytes that mean something in HL7 and are second bytes of characters in these sets. */
const SECOND = [0x5c, 0x7c, 0x5e, 0x7e, 0x40, 0x41, 0x60, 0x7b];

const SETS = [
  ['WINDOWS-31J', 'shift_jis', [0x81, 0x9f], [0xe0, 0xea]],
  ['BIG-5', 'big5', [0xa4, 0xf9]],
  ['GB 18030-2000', 'gb18030', [0x81, 0xfe]],
  ['GBK', 'gbk', [0x81, 0xfe]],
] as const;

for (const [name, encoding, ...leads] of SETS) {
  test(`${name}: a delimiter that is the second byte of a character delimits nothing`, () => {
    const decoder = new TextDecoder(encoding, { fatal: true });
    const pairs = leads.flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index)
        .flatMap((lead) => SECOND.map((second) => Buffer.of(lead, second)))
        .filter((pair) => isCharacter(decoder, pair)),
    );
    for (const second of SECOND.slice(0, 4)) assert.ok(pairs.some((pair) => pair[1] === second));
    const word = fc.array(fc.constantFrom(...pairs), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(word, word, word, (family, given, note) => {
        const bytes = messageOf(name, family, given, note);
        const { message, charset, issues } = readBytes(bytes);
        const [pid, nte] = [message.segment('PID')!, message.segment('NTE')!];
        const texts = [family, given, note].map((pairs) => decoder.decode(Buffer.concat(pairs)));
        assert.deepEqual([pid.value(5), pid.value(5, 1, 2), nte.value(3)], texts);
        assert.deepEqual([message.segments.length, pid.fieldCount, pid.repetitions(5)], [3, 7, 1]);
        assert.deepEqual([charset, issues], [name, []]);
        assert.deepEqual(splitMessages(Buffer.concat([bytes, bytes])), [bytes, bytes]);
      }),
      { numRuns: 200 },
    );
  });
}

function messageOf(charset: string, ...[family, given, note]: [Buffer[], Buffer[], Buffer[]]): Buffer {
  const text = (latin: string) => Buffer.from(latin, 'latin1');
  return Buffer.concat([
    text(`MSH|^~\\&|EHR|HOSP|||20260101||ADT^A01|1|P|2.5.1||||||${charset}\rPID|1||1||`),
    ...family,
    text('^'),
    ...given,
    text('||19700101\rNTE|1||'),
    ...note,
    text('\r'),
  ]);
}

function isCharacter(decoder: InstanceType<typeof TextDecoder>, pair: Buffer): boolean {
  try {
    const text = decoder.decode(pair);
    return [...text].length === 1 && text.charCodeAt(0) > 0xa0;
  } catch {
    return false;
  }
}
