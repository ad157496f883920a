// SPDX-License-Identifier: Apache-2.0
import { Hl7Error } from '../../ingest/hl7/errors.ts';
import {
  isDegree,
  readTimestamp,
  type Timestamp,
  toFhirDate,
  toFhirDateTime,
  toFhirInstant,
  toFhirTime,
} from '../../ingest/hl7/timestamp.ts';
import type { Place } from '../place.ts';
import type { Run } from '../run.ts';
import { toTheMinute } from './arithmetic.ts';
import type { TypeOf } from './converter.ts';

/** Nothing but zeros: how many systems write that they don't know. It is wrong, but no wrong time. */
const UNKNOWN = /^0+$/;

/**
 * A time as precise as it was written, in the zone that was written. A strict one that can't be read makes the message fail with its
 * location; another is reported and stays with the message.
 */
function timeType(
  convert: (time: Timestamp, run: Run, place: Place) => string | undefined,
  hasTimeOfDay = true,
): TypeOf {
  return ({ strict }) => ({
    kind: 'leaf',
    read(place, { run }) {
      const written = place.peek();
      if (written.trim() === '') return undefined;
      const time = attempt(
        () => readTimestamp(written, place.peek(2)),
        place,
        run,
        strict && !UNKNOWN.test(written),
      );
      const value = time && convert(time, run, place);
      if (value === undefined) return undefined;
      // What a date has no room for, such as the hour of a relative's birth, has to stay somewhere.
      if (hasTimeOfDay || time?.hour === undefined) place.take(run.taken);
      if (isDegree(place.peek(2))) place.take(run.taken, 2);
      return value;
    },
  });
}

export const date: TypeOf = timeType((time) => toFhirDate(time), false);

export const dateTime: TypeOf = timeType((time, run, place) => {
  if (time.hour !== undefined && time.zone === undefined) {
    if (run.zone === undefined) {
      run.warn('value', place.print(), 'has no zone and none is configured: its time of day is left out');
    } else {
      run.report(
        'information',
        'informational',
        'times without a zone were taken to be in the zone of the message or site',
        place.print(),
      );
    }
  }
  return toFhirDateTime(time, run.zone);
});

/** An instant must be known to the second: a coarser time isn't one. */
export const instant: TypeOf = timeType((time, run) => toFhirInstant(time, run.zone));

/** The instant of something that was agreed on, such as an appointment. */
export const scheduled: TypeOf = timeType((time, run) => toFhirInstant(toTheMinute(time), run.zone));

export const time: TypeOf = ({ strict }) => ({
  kind: 'leaf',
  read(place, { run }) {
    const written = place.peek();
    if (written.trim() === '') return undefined;
    const value = attempt(() => toFhirTime(written), place, run, strict);
    if (value !== undefined) place.take(run.taken);
    return value;
  },
});

function attempt<T>(read: () => T, place: Place, run: Run, strict: boolean): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Hl7Error)) throw error;
    const { segment, sequence, field, repetition } = place.location;
    const location = { segment, sequence, field, ...(repetition > 1 ? { repetition } : {}) };
    if (strict) throw new Hl7Error(error.code, `${segment}-${field} is ${error.message}`, location);
    run.warn('value', place.print(), `is ${error.message}`);
    return undefined;
  }
}
