// SPDX-License-Identifier: Apache-2.0
import type { Comparison } from './query.ts';

/** The instants that a date of some precision may mean, both included, as ISO texts in UTC with milliseconds: so texts compare as times do. */
export interface Range {
  readonly start: string;
  readonly end: string;
}

// What timestamps of a database and ISO texts of four-digit years can both say; an open period ends here.
export const BEGINNING = '0001-01-01T00:00:00.000Z';
export const END = '9999-12-31T23:59:59.999Z';
const BEGINNING_MS = Date.parse(BEGINNING);
const END_MS = Date.parse(END);

const DATE_TIME =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/**
 * The range of a FHIR date, dateTime or instant: `2023-05` is all of May. Undefined if it is no date of the calendar.
 * What has no zone is taken as UTC: FHIR R4 §3.1.1.4.7 leaves it to the server, and an answer must not depend on where the server stands.
 */
export function rangeOf(text: string): Range | undefined {
  const parts = DATE_TIME.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = parts;
  if (!isCalendarDate(Number(year), Number(month ?? 1), Number(day ?? 1))) return undefined;
  if (Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 60) return undefined;
  const offsetMs = zoneOffsetMs(zone);
  if (offsetMs === undefined) return undefined;
  const start = new Date(0);
  start.setUTCFullYear(Number(year), Number(month ?? 1) - 1, Number(day ?? 1));
  // Second 60, a leap second that FHIR allows, becomes the first second of the next minute.
  start.setUTCHours(
    Number(hour ?? 0),
    Number(minute ?? 0),
    Number(second ?? 0),
    Number((fraction ?? '0').padEnd(3, '0').slice(0, 3)),
  );
  const end = new Date(start);
  if (month === undefined) end.setUTCFullYear(end.getUTCFullYear() + 1);
  else if (day === undefined) end.setUTCMonth(end.getUTCMonth() + 1);
  else if (hour === undefined) end.setUTCDate(end.getUTCDate() + 1);
  else if (second === undefined) end.setUTCMinutes(end.getUTCMinutes() + 1);
  else end.setTime(end.getTime() + millisecondsOf(fraction));
  return { start: iso(start.getTime() - offsetMs), end: iso(end.getTime() - 1 - offsetMs) };
}

/** Whether such a day exists: 2023-02-29 doesn't. */
export function isCalendarDate(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day <= days;
}

/** FHIR R4 §3.1.1.5.6: compares the range a resource has with the range a search asks for, each as wide as its precision. */
export function compares(comparison: Comparison, target: Range, asked: Range): boolean {
  const contained = asked.start <= target.start && target.end <= asked.end;
  switch (comparison) {
    case 'eq':
      return contained;
    case 'ne':
      return !contained;
    case 'gt':
      return target.end > asked.end;
    case 'lt':
      return target.start < asked.start;
    case 'ge':
      return target.end > asked.end || contained;
    case 'le':
      return target.start < asked.start || contained;
    case 'sa':
      return target.start > asked.end;
    case 'eb':
      return target.end < asked.start;
    default:
      throw new TypeError(`no such comparison: ${comparison satisfies never}`);
  }
}

// A fraction of more than milliseconds lies within one millisecond, which is as fine as we compare.
function millisecondsOf(fraction: string | undefined): number {
  if (fraction === undefined) return 1000;
  return fraction.length >= 3 ? 1 : 10 ** (3 - fraction.length);
}

function zoneOffsetMs(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 14 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function iso(ms: number): string {
  return new Date(Math.min(Math.max(ms, BEGINNING_MS), END_MS)).toISOString();
}
