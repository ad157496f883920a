// SPDX-License-Identifier: Apache-2.0
import { Hl7Error } from '../../ingest/hl7/errors.ts';
import { readTimestamp, type Timestamp, toFhirDateTime, toFhirInstant } from '../../ingest/hl7/timestamp.ts';
import { type Amount, amountOf } from './duration.ts';

/** ` + 30 min`, ` + D7` as the timings before v2.5 have it (TQ.3), ` +` where the field is empty. */
const SPAN = / +([+-])(?: +(?:(\d{1,6}(?:\.\d{1,3})?)(?: ([^\s+-]\S*))?|([A-Z])(\d{1,6})))?(?= |$)/y;
const SECONDS: Readonly<Record<Amount['unit'], number | undefined>> = {
  s: 1,
  min: 60,
  h: 3_600,
  d: 86_400,
  wk: 604_800,
  mo: undefined,
  a: undefined,
};

/**
 * A v2 time and spans after it, `20260105093000+0100 + 5 min + 30 min`, as the FHIR time at their end; with `-` a span is before it. A
 * time alone is itself. Clocks are not put forward: the end has the zone of the start. A span of days, weeks, months or years after a
 * date is a date; a span of hours needs a time of day. Undefined when one of them can't be read, or their sum isn't a time.
 */
export function laterBy(
  kind: 'dateTime' | 'instant',
  text: string,
  zone: string | undefined,
): string | undefined {
  const end = sum(text.trim());
  if (!end) return undefined;
  if (kind === 'dateTime') return toFhirDateTime(end, zone);
  return toFhirInstant(toTheMinute(end), zone);
}

function sum(text: string): Timestamp | undefined {
  const [written = ''] = /^\S*/.exec(text)!;
  let end = read(written);
  SPAN.lastIndex = written.length;
  while (end && SPAN.lastIndex < text.length) {
    const [span, sign, value, unit = 'min', letter, count = value] = SPAN.exec(text) ?? [];
    if (span === undefined) return undefined;
    if (count !== undefined) end = added(end, Number(`${sign}${count}`), letter ?? unit);
  }
  return end;
}

/** What is agreed on for half past ten starts at 10:30:00, though an observed time that is known to the minute would not. */
export function toTheMinute(time: Timestamp): Timestamp {
  return time.minute === undefined || time.second !== undefined ? time : { ...time, second: '00' };
}

function read(text: string): Timestamp | undefined {
  try {
    return readTimestamp(text);
  } catch (error) {
    if (error instanceof Hl7Error) return undefined;
    throw error;
  }
}

function added(start: Timestamp, value: number, unit: string): Timestamp | undefined {
  const amount = amountOf(String(value), unit);
  if (!amount || start.day === undefined) return undefined;
  const parts = [start.year, start.month, start.day, start.hour, start.minute, start.second].map((part) =>
    Number(part ?? 0),
  );
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number];
  const seconds = SECONDS[amount.unit];
  let end: Date;
  if (seconds === undefined) {
    const months = value * (amount.unit === 'a' ? 12 : 1);
    if (!Number.isInteger(months)) return undefined;
    end = new Date(Date.UTC(year, month - 1 + months, 1, hour, minute, second));
    // The 31st of January and a month: the last day of February.
    const last = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 0)).getUTCDate();
    end.setUTCDate(Math.min(day, last));
  } else {
    if (start.hour === undefined && seconds < SECONDS.d!) return undefined;
    end = new Date(Date.UTC(year, month - 1, day, hour, minute, second) + value * seconds * 1_000);
  }
  return write(start, end);
}

function write(start: Timestamp, end: Date): Timestamp {
  const [year, month, day, hour, minute, second] = end.toISOString().split(/[^\d]/) as [string, ...string[]];
  const { fraction, zone } = start;
  const timed = start.hour !== undefined;
  return {
    year,
    month: month!,
    day: day!,
    ...(timed ? { hour: hour!, minute: minute! } : {}),
    ...(timed && (start.second !== undefined || second !== '00') ? { second: second! } : {}),
    ...(timed && start.second !== undefined && fraction !== undefined ? { fraction } : {}),
    ...(zone === undefined ? {} : { zone }),
    precision: start.precision,
  };
}
