// SPDX-License-Identifier: Apache-2.0
import { Hl7Error } from './errors.ts';

/** How far a time was written: year, month (L), day, hour, minute, second (with or without a fraction). */
export type Precision = 'Y' | 'L' | 'D' | 'H' | 'M' | 'S';

/** A time as its sender wrote it: digits stay text, so that nothing is gained or lost on the way. */
export interface Timestamp {
  readonly year: string;
  readonly month?: string;
  readonly day?: string;
  readonly hour?: string;
  readonly minute?: string;
  readonly second?: string;
  /** Digits after the point. */
  readonly fraction?: string;
  /** As FHIR writes it, `+01:00`. */
  readonly zone?: string;
  readonly precision: Precision;
}

// HL7 v2 §2A.2.22 (DTM): YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]. Zones of two digits and `Z` are common and unambiguous.
const DTM =
  /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,9}))?)?)?)?)?)?(Z|[+-]\d{2}(?:\d{2})?)?$/;
const TM = /^(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,9}))?)?)?(Z|[+-]\d{2}(?:\d{2})?)?$/;

const PRECISIONS: readonly Precision[] = ['Y', 'L', 'D', 'H', 'M', 'S'];

/**
 * Reads a DT, DTM or the first component of a TS. Impossible dates, such as 30 February, are refused with Hl7Error 102.
 * `degree` is TS.2, by which older senders say that not all digits count.
 */
export function readTimestamp(text: string, degree = ''): Timestamp {
  const [, year, month, day, hour, minute, second, fraction, zone] = DTM.exec(text.trim()) ?? [];
  if (year === undefined) throw new Hl7Error('102', 'not a time of the form YYYYMMDDHHMMSS.SSSS+ZZZZ');
  if (Number(year) === 0) throw new Hl7Error('102', 'a time without a year');
  if (month !== undefined && !within(month, 1, 12))
    throw new Hl7Error('102', 'a time with an impossible month');
  if (day !== undefined && !within(day, 1, daysIn(Number(year), Number(month)))) {
    throw new Hl7Error('102', 'a time with an impossible day of the month');
  }
  checkClock(hour, minute, second);
  const written = PRECISIONS[[month, day, hour, minute, second].filter((part) => part !== undefined).length]!;
  const precision = coarser(written, degree);
  const upTo = (level: Precision) => PRECISIONS.indexOf(level) <= PRECISIONS.indexOf(precision);
  return {
    year,
    ...(month !== undefined && upTo('L') ? { month } : {}),
    ...(day !== undefined && upTo('D') ? { day } : {}),
    ...(hour !== undefined && upTo('H') ? { hour } : {}),
    ...(minute !== undefined && upTo('M') ? { minute } : {}),
    ...(second !== undefined && upTo('S') ? { second } : {}),
    ...(fraction !== undefined && upTo('S') ? { fraction } : {}),
    ...(zone === undefined ? {} : { zone: zoneOf(zone) }),
    precision,
  };
}

/** Whether a TS.2 is a degree of precision: what else stands there says nothing about the time. */
export function isDegree(text: string): boolean {
  return PRECISIONS.includes(text.trim().toUpperCase() as Precision);
}

/** FHIR `date`, as precise as what was written; a time of day is left out, as the type has none. */
export function toFhirDate(timestamp: Timestamp): string {
  const { year, month, day } = timestamp;
  return [year, month, day].filter((part) => part !== undefined).join('-');
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

function coarser(written: Precision, degree: string): Precision {
  const stated = PRECISIONS.indexOf(degree.trim().toUpperCase() as Precision);
  return stated >= 0 && stated < PRECISIONS.indexOf(written) ? PRECISIONS[stated]! : written;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function within(digits: string, least: number, most: number): boolean {
  const value = Number(digits);
  return value >= least && value <= most;
}
