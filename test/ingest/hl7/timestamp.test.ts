// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Hl7Error } from '../../../src/ingest/hl7/errors.ts';
import {
  readTimestamp,
  toFhirDate,
  toFhirDateTime,
  toFhirInstant,
  toFhirTime,
} from '../../../src/ingest/hl7/timestamp.ts';

const dateTime = (text: string, zone?: string) => toFhirDateTime(readTimestamp(text), zone);

describe('a time', () => {
  test('is as precise in FHIR as it was written', () => {
    assert.equal(dateTime('2026'), '2026');
    assert.equal(dateTime('202603'), '2026-03');
    assert.equal(dateTime('20260302', '+01:00'), '2026-03-02');
    assert.equal(dateTime('20260302081505.1200-0530'), '2026-03-02T08:15:05.1200-05:30');
    assert.equal(toFhirDate(readTimestamp('202603020815')), '2026-03-02');
  });

  test('keeps its zone; without one the default of the sender holds', () => {
    assert.equal(dateTime('20260302081505+0000', '+01:00'), '2026-03-02T08:15:05+00:00');
    assert.equal(dateTime('20260302081505-05', '+01:00'), '2026-03-02T08:15:05-05:00');
    assert.equal(dateTime('20260302081505Z'), '2026-03-02T08:15:05Z');
    assert.equal(dateTime('20260302081505', '+01:00'), '2026-03-02T08:15:05+01:00');
  });

  test('of day whose zone nobody knows is left out rather than given an invented one', () => {
    assert.equal(dateTime('20260302081505'), '2026-03-02');
    assert.equal(toFhirInstant(readTimestamp('20260302081505')), undefined);
  });

  test('of minutes or hours is filled with zeros, as FHIR wants seconds, but never made an instant', () => {
    assert.equal(dateTime('202603020815', 'Z'), '2026-03-02T08:15:00Z');
    assert.equal(dateTime('2026030208', 'Z'), '2026-03-02T08:00:00Z');
    assert.equal(readTimestamp('2026030208').precision, 'H');
    assert.equal(toFhirInstant(readTimestamp('202603020815+0100')), undefined);
    assert.equal(toFhirInstant(readTimestamp('20260302081507.5+0100')), '2026-03-02T08:15:07.5+01:00');
  });

  test('counts only as far as an older sender says in TS.2', () => {
    assert.equal(toFhirDateTime(readTimestamp('20260302000000', 'D'), 'Z'), '2026-03-02');
    assert.equal(readTimestamp('2026', 'S').precision, 'Y');
  });

  test('that can not be is refused with 102', () => {
    const impossible = [
      '20230230',
      '20230229',
      '19000229',
      '20261301',
      '20260001',
      '20260100',
      '20260431',
      '00000000',
      '202',
      '2026-03-02',
      '2026030224',
      '202603020860',
      '20260302080061',
      '20260302+1500',
      '20260302+0160',
      '20260302T08',
      'yesterday',
      '',
      '20260302081505.',
      '2026030208150',
      '20260302 0815',
      '٢٠٢٦',
    ];
    for (const text of impossible) {
      assert.throws(
        () => readTimestamp(text),
        (error) => error instanceof Hl7Error && error.code === '102',
        text,
      );
    }
    assert.equal(dateTime('20240229'), '2024-02-29');
    assert.equal(dateTime('20000229'), '2000-02-29');
    assert.equal(dateTime('20161231235960Z'), '2016-12-31T23:59:60Z');
  });

  test('never shows itself in an error', () => {
    assert.throws(
      () => readTimestamp('19840732'),
      (error: Error) => !/\d{2}/.test(error.message),
    );
  });

  test('of day alone becomes a FHIR time', () => {
    assert.deepEqual(['0830', '083015.25', '08', '2359-0500'].map(toFhirTime), [
      '08:30:00',
      '08:30:15.25',
      '08:00:00',
      '23:59:00',
    ]);
    assert.throws(
      () => toFhirTime('2500'),
      (error) => error instanceof Hl7Error && error.code === '102',
    );
  });

  test('of any real date is read as that date', () => {
    const noInvalidDate = true;
    const min = new Date('0001-01-01T00:00:00Z');
    const max = new Date('9999-12-31T23:59:59.999Z');
    fc.assert(
      fc.property(fc.date({ min, max, noInvalidDate }), (date) => {
        const iso = date.toISOString();
        const [day, clock] = iso.split('T') as [string, string];
        assert.equal(dateTime(`${day}${clock}`.replace(/[-:]/g, '')), iso);
      }),
      { numRuns: 500 },
    );
  });
});
