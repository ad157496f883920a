// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { acknowledgementMode, buildAck } from '../../src/ingest/ack.ts';
import { readBytes } from '../../src/ingest/hl7/charset.ts';
import { Hl7Error } from '../../src/ingest/hl7/errors.ts';
import { type Message, readMessage } from '../../src/ingest/hl7/message.ts';

const now = () => Date.UTC(2026, 2, 4, 5, 6, 7);

function request(fields: Record<number, string> = {}, pid = ''): string {
  const header = {
    3: 'EHR',
    4: 'HOSP^2.999.1^ISO',
    5: 'US',
    6: 'BRIDGE',
    9: 'ADT^A01^ADT_A01',
    10: 'C-1',
    11: 'P',
    12: '2.5.1',
  };
  const values: Record<number, string> = { ...header, ...fields };
  const line = Array.from({ length: 16 }, (_, index) => values[index + 3] ?? '');
  return `MSH|^~\\&|${line.join('|')}\r${pid}`;
}

function acknowledge(
  text: string | Buffer,
  code: Parameters<typeof buildAck>[1] = 'AA',
  errors: Hl7Error[] = [],
): Message {
  const message = typeof text === 'string' ? readMessage(text) : readBytes(text).message;
  return readBytes(buildAck(message, code, { now, errors, controlId: 'ACK-1' })).message;
}

describe('an acknowledgment', () => {
  test('goes back to where the message came from', () => {
    const { header } = acknowledge(request());
    assert.deepEqual(
      [3, 4, 5, 6].map((field) => header.raw(field)),
      ['US', 'BRIDGE', 'EHR', 'HOSP^2.999.1^ISO'],
    );
    assert.equal(header.raw(9), 'ACK^A01^ACK');
    assert.deepEqual(
      [7, 10, 11, 12].map((field) => header.raw(field)),
      ['20260304050607+0000', 'ACK-1', 'P', '2.5.1'],
    );
  });

  test('names the message that it answers, in every code', () => {
    for (const code of ['AA', 'AE', 'AR', 'CA', 'CE', 'CR'] as const) {
      const msa = acknowledge(request(), code).segment('MSA')!;
      assert.deepEqual([msa.value(1), msa.value(2)], [code, 'C-1']);
    }
  });

  test('says where and why a message was refused', () => {
    const error = new Hl7Error('102', 'PID-5 is & odd', {
      segment: 'PID',
      sequence: 1,
      field: 5,
      repetition: 2,
      component: 3,
      subcomponent: 1,
    });
    const err = acknowledge(request(), 'AE', [error]).segment('ERR')!;
    assert.equal(err.raw(2), 'PID^1^5^2^3^1');
    assert.equal(err.raw(3), '102^Data type error^HL70357');
    assert.equal(err.raw(4), 'E');
    assert.equal(err.value(8), 'PID-5 is & odd');
    assert.equal(err.raw(1), '');
  });

  test('has one ERR for each error, as many as anyone reads', () => {
    const errors = Array.from({ length: 80 }, (_, index) => new Hl7Error('101', `missing ${index}`));
    const found = acknowledge(request(), 'AE', errors).segments.filter((segment) => segment.name === 'ERR');
    assert.equal(found.length, 50);
  });

  test('tells a sender of v2.4 or before in MSA-3 and ERR-1 too', () => {
    const error = new Hl7Error('101', 'PID-3 is missing', { segment: 'PID', sequence: 1, field: 3 });
    const answer = acknowledge(request({ 12: '2.3' }), 'AE', [error]);
    assert.equal(answer.segment('MSA')?.value(3), 'PID-3 is missing');
    assert.equal(answer.segment('ERR')?.raw(1), 'PID^1^3^101&Required field missing&HL70357');
  });

  test('keeps a control id whole, whatever delimiters it was written with', () => {
    const answer = acknowledge('MSH#$*~!#A#B#C#D###ADT$A01#ID|1~F~2^3#P#2.5\r');
    assert.equal(answer.segment('MSA')?.value(2), 'ID|1#2^3');
  });

  test('can not be made to end a segment or frame by a value of the message', () => {
    const bytes = buildAck(readMessage(request({ 10: 'X\\X0D\\MSA|AA\\X1C\\\\X0B\\' })), 'AR', { now });
    assert.equal(bytes.toString('latin1').split('\r').filter(Boolean).length, 2);
    assert.ok(!bytes.includes(0x1c) && !bytes.includes(0x0b));
  });

  test('answers in the character set of the message where it can be written', () => {
    const latin = readBytes(Buffer.from(request({ 3: 'KLÜ', 18: '8859/1' }), 'latin1')).message;
    assert.ok(buildAck(latin, 'AA', { now }).includes(Buffer.from('KLÜ', 'latin1')));
    const utf8 = readBytes(Buffer.from(request({ 3: 'KLÜ', 18: 'UNICODE UTF-8' }))).message;
    assert.ok(buildAck(utf8, 'AA', { now }).includes(Buffer.from('KLÜ')));
    const japanese = Buffer.from(request({ 18: '~ISO IR87' }).replace('EHR', '\x1b$B;3ED\x1b(B'), 'latin1');
    const answer = acknowledge(japanese).header;
    assert.deepEqual([answer.value(5), answer.value(18)], ['山田', 'UNICODE UTF-8']);
  });

  test('is sent as well as can be for a message that can not be read', () => {
    const broken = Buffer.from(`${request({ 10: 'C-9', 18: 'EBCDIC' })}PID|1`, 'latin1');
    assert.equal(
      readBytes(buildAck(broken, 'AR', { now }))
        .message.segment('MSA')
        ?.value(2),
      'C-9',
    );
    for (const bytes of [Buffer.alloc(0), Buffer.from('GET / HTTP/1.1'), Buffer.from([0xff, 0xfe, 0x00])]) {
      const answer = readBytes(buildAck(bytes, 'AR', { now })).message;
      assert.deepEqual([answer.segment('MSA')?.value(1), answer.segment('MSA')?.value(2)], ['AR', '']);
    }
  });

  test('can be built for any bytes and read again', () => {
    const header = fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { maxLength: 20 });
    fc.assert(
      fc.property(header, fc.boolean(), (fields, utf8) => {
        const bytes = Buffer.from(`MSH|^~\\&|${fields.join('|')}`, utf8 ? 'utf8' : 'latin1');
        const answer = readBytes(buildAck(bytes, 'AE', { now, errors: [new Hl7Error('207', 'x')] })).message;
        assert.equal(answer.segments[1]?.name, 'MSA');
        assert.equal(answer.segments.length, 3);
      }),
      { numRuns: 1000 },
    );
  });
});

test('MSH-15 and MSH-16 choose the acknowledgment mode', () => {
  const mode = (accept: string, application: string) =>
    acknowledgementMode(readMessage(request({ 15: accept, 16: application })));
  assert.deepEqual(mode('', ''), { mode: 'original' });
  assert.deepEqual(mode('AL', 'NE'), { mode: 'enhanced', accept: 'AL', application: 'NE' });
  assert.deepEqual(mode('', 'SU'), { mode: 'enhanced', accept: 'NE', application: 'SU' });
  assert.deepEqual(mode('ER', ''), { mode: 'enhanced', accept: 'ER', application: 'NE' });
  assert.deepEqual(mode('??', 'NE'), { mode: 'enhanced', accept: 'AL', application: 'NE' });
  assert.deepEqual(mode('""', '""'), { mode: 'original' });
});
