// SPDX-License-Identifier: Apache-2.0
import { ContractError } from './errors.ts';
import type { Period } from './terms.ts';

/** Epoch milliseconds, both ends included; an open end is infinite. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

const DATE_TIME =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2}))?)?)?$/;

/**
 * The stretch of time that a FHIR dateTime names: a year, month or day is all of it, in UTC, since it has no zone (R4 §2.24.0.3).
 * Throws ContractError('TERMS_INVALID'). No clock and no locale is involved: every peer gets the same.
 */
export function timeInterval(text: string): Interval {
  const parts = DATE_TIME.exec(text);
  if (!parts) throw new ContractError('TERMS_INVALID', 'a time is no FHIR dateTime');
  const [, year, month, day, hour, minute, second, fraction, zone] = parts;
  const y = Number(year);
  if (month === undefined) return { from: utc(y, 1, 1), to: utc(y + 1, 1, 1) - 1 };
  const m = Number(month);
  if (m < 1 || m > 12) throw new ContractError('TERMS_INVALID', 'a time has no such month');
  if (day === undefined) return { from: utc(y, m, 1), to: utc(y, m + 1, 1) - 1 };
  const d = Number(day);
  const midnight = utc(y, m, d);
  if (d < 1 || new Date(midnight).getUTCDate() !== d)
    throw new ContractError('TERMS_INVALID', 'a time has no such day');
  if (hour === undefined) return { from: midnight, to: midnight + 86_400_000 - 1 };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60)
    throw new ContractError('TERMS_INVALID', 'a time has no such hour, minute or second');
  const clock = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000;
  const millis = fraction === undefined ? 0 : Number(fraction.padEnd(3, '0').slice(0, 3));
  const from = midnight + clock + millis - offset(zone ?? 'Z');
  // "10:15:30" is the whole of that second, as "2026" is the whole of that year.
  return { from, to: fraction === undefined ? from + 999 : from };
}

/** A period from the first instant of its start to the last of its end. */
export function periodInterval(period: Period): Interval {
  return {
    from: period.start === undefined ? Number.NEGATIVE_INFINITY : timeInterval(period.start).from,
    to: period.end === undefined ? Number.POSITIVE_INFINITY : timeInterval(period.end).to,
  };
}

/** An instant for people and for JSON. */
export function instant(at: number): string {
  return new Date(at).toISOString();
}

function utc(year: number, month: number, day: number): number {
  // Date.UTC takes years below 100 for 19xx; setUTCFullYear does not.
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

function offset(zone: string): number {
  if (zone === 'Z') return 0;
  const [hours, minutes] = zone.slice(1).split(':').map(Number);
  return (zone.startsWith('-') ? -1 : 1) * ((hours ?? 0) * 60 + (minutes ?? 0)) * 60_000;
}
