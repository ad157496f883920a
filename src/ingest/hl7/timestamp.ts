// SPDX-License-Identifier: Apache-2.0
import { Hl7Error } from './errors.ts';

/** How far a time was written: year, month (L), day, hour, minute, second (with or without a fraction). */
export type Precision = 'Y' | 'L' | 'D' | 'H' | 'M' | 'S';

/** A time as its sender wrote it: digits stay text, so that nothing is gained or lost on the way. */
export interface Timestamp {
  readonly year: string;
  readonly month?: string | undefined;
  readonly day?: string | undefined;
  readonly hour?: string | undefined;
  readonly minute?: string | undefined;
  readonly second?: string | undefined;
  /** Digits after the point. */
  readonly fraction?: string | undefined;
  /** As FHIR writes it, `+01:00`. */
  readonly zone?: string | undefined;
  readonly precision: Precision;
}

// HL7 v2 §2A.2.74 (TM).
const TM = /^(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,9}))?)?)?(Z|[+-]\d{2}(?:\d{2})?)?$/;

const PRECISIONS: readonly Precision[] = ['Y', 'L', 'D', 'H', 'M', 'S'];

/**
 * Reads a DT, DTM or the first component of a TS. Impossible dates, such as 30 February, are refused with Hl7Error 102.
 * `degree` is TS.2, by which older senders say that not all digits count.
 */
export function readTimestamp(text: string, degree = ''): Timestamp {
  const { year, month, day, hour, minute, second, fraction, zone } = partsOf(text.trim());
  if (Number(year) === 0) throw new Hl7Error('102', 'a time without a year');
  if (month !== undefined && !within(month, 1, 12))
    throw new Hl7Error('102', 'a time with an impossible month');
  if (day !== undefined && !within(day, 1, daysIn(Number(year), Number(month)))) {
    throw new Hl7Error('102', 'a time with an impossible day of the month');
  }
  checkClock(hour, minute, second);
  const level = Math.min(levelOf(month, day, hour, minute, second), statedLevel(degree));
  return {
    year,
    month: level < 1 ? undefined : month,
    day: level < 2 ? undefined : day,
    hour: level < 3 ? undefined : hour,
    minute: level < 4 ? undefined : minute,
    second: level < 5 ? undefined : second,
    fraction: level < 5 ? undefined : fraction,
    zone: zone === undefined ? undefined : zoneOf(zone),
    precision: PRECISIONS[level]!,
  };
}

/** HL7 v2 §2A.2.22 (DTM): YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]. Zones of two digits and `Z` are common and unambiguous. */
function partsOf(text: string) {
  const end = digitsEnd(text, 0);
  const isPointed = end === 14 && text.charCodeAt(end) === POINT;
  const last = isPointed ? digitsEnd(text, end + 1) : end;
  const zone = last === text.length ? undefined : text.slice(last);
  const isForm =
    end >= 4 && end <= 14 && end % 2 === 0 && (!isPointed || (last > end + 1 && last <= end + 10));
  if (!isForm || (zone !== undefined && !ZONE.test(zone)))
    throw new Hl7Error('102', 'not a time of the form YYYYMMDDHHMMSS.SSSS+ZZZZ');
  const part = (from: number) => (from < end ? text.slice(from, from + 2) : undefined);
  return {
    year: text.slice(0, 4),
    month: part(4),
    day: part(6),
    hour: part(8),
    minute: part(10),
    second: part(12),
    fraction: isPointed ? text.slice(end + 1, last) : undefined,
    zone,
  };
}

const ZONE = /^(?:Z|[+-]\d{2}(?:\d{2})?)$/;
const POINT = 0x2e;

/** Where the digits end that begin at a place. */
function digitsEnd(text: string, from: number): number {
  let end = from;
  for (let code = text.charCodeAt(end); code >= 0x30 && code <= 0x39; code = text.charCodeAt(end)) end++;
  return end;
}

/** How many parts after the year were written. */
function levelOf(month?: string, day?: string, hour?: string, minute?: string, second?: string): number {
  if (second !== undefined) return 5;
  if (minute !== undefined) return 4;
  if (hour !== undefined) return 3;
  if (day !== undefined) return 2;
  return month === undefined ? 0 : 1;
}

/** How many of them count. */
function statedLevel(degree: string): number {
  const stated = degree === '' ? -1 : PRECISIONS.indexOf(degree.trim().toUpperCase() as Precision);
  return stated < 0 ? PRECISIONS.length : stated;
}

/** Whether a TS.2 is a degree of precision: what else stands there says nothing about the time. */
export function isDegree(text: string): boolean {
  return PRECISIONS.includes(text.trim().toUpperCase() as Precision);
}

/** FHIR `date`, as precise as what was written; a time of day is left out, as the type has none. */
export function toFhirDate(timestamp: Timestamp): string {
  const { year, month, day } = timestamp;
  if (month === undefined) return year;
  return day === undefined ? `${year}-${month}` : `${year}-${month}-${day}`;
}

/**
 * FHIR `dateTime`. A date stays a date. FHIR wants seconds with every time of day and allows filling them with zeros, so
 * minutes and hours are filled; `precision` tells. It also wants a zone: the written one, else the default. Where neither is
 * known a time of day can't be said in FHIR, and the date alone is returned rather than an invented zone.
 */
export function toFhirDateTime(timestamp: Timestamp, defaultZone?: string): string {
  const zone = timestamp.zone ?? defaultZone;
  if (timestamp.hour === undefined || zone === undefined) return toFhirDate(timestamp);
  return `${toFhirDate(timestamp)}T${clock(timestamp.hour, timestamp)}${zone}`;
}

/** FHIR `instant`, or undefined when the time isn't known to the second and in a zone: an instant may not be filled up. */
export function toFhirInstant(timestamp: Timestamp, defaultZone?: string): string | undefined {
  const known = timestamp.second !== undefined && (timestamp.zone ?? defaultZone) !== undefined;
  return known ? toFhirDateTime(timestamp, defaultZone) : undefined;
}

/** FHIR `time` from a TM (HL7 v2 §2A.2.74); FHIR's has no zone. Refused with Hl7Error 102 when impossible. */
export function toFhirTime(text: string): string {
  const [, hour, minute, second, fraction] = TM.exec(text.trim()) ?? [];
  if (hour === undefined) throw new Hl7Error('102', 'not a time of day of the form HHMMSS.SSSS');
  checkClock(hour, minute, second);
  return clock(hour, { minute, second, fraction });
}

interface Clock {
  readonly minute?: string | undefined;
  readonly second?: string | undefined;
  readonly fraction?: string | undefined;
}

function clock(hour: string, { minute = '00', second = '00', fraction }: Clock): string {
  return `${hour}:${minute}:${second}${fraction === undefined ? '' : `.${fraction}`}`;
}

function checkClock(hour?: string, minute?: string, second?: string): void {
  const possible =
    (hour === undefined || within(hour, 0, 23)) &&
    (minute === undefined || within(minute, 0, 59)) &&
    (second === undefined || within(second, 0, 60)); // 60: a leap second, which FHIR can say as well
  if (!possible) throw new Hl7Error('102', 'a time with an impossible hour, minute or second');
}

function zoneOf(written: string): string {
  if (written === 'Z') return 'Z';
  const hours = written.slice(1, 3);
  const minutes = written.slice(3) || '00';
  const possible = within(minutes, 0, 59) && Number(hours) * 60 + Number(minutes) <= 14 * 60;
  if (!possible) throw new Hl7Error('102', 'a time with an impossible zone');
  return `${written[0]}${hours}:${minutes}`;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function within(digits: string, least: number, most: number): boolean {
  const value = (digits.charCodeAt(0) - 0x30) * 10 + digits.charCodeAt(1) - 0x30;
  return value >= least && value <= most;
}
