// SPDX-License-Identifier: Apache-2.0

export const UCUM = 'http://unitsofmeasure.org';

/** A time span in one of the units that FHIR has for it (`units-of-time`). */
export interface Amount {
  /** Digits as they were written. */
  readonly value: string;
  readonly unit: 's' | 'min' | 'h' | 'd' | 'wk' | 'mo' | 'a';
}

/**
 * What senders write: UCUM, the letters of the repeat patterns (table 0335: L is a month, since M is a minute), ISO 2955 and words.
 */
const UNITS: ReadonlyMap<string, Amount['unit']> = new Map(
  Object.entries({
    s: ['s', 'S', 'sec', 'second', 'seconds'],
    min: ['min', 'M', 'm', 'mins', 'minute', 'minutes'],
    h: ['h', 'H', 'hr', 'hrs', 'hour', 'hours'],
    d: ['d', 'D', 'day', 'days'],
    wk: ['wk', 'W', 'w', 'week', 'weeks'],
    mo: ['mo', 'L', 'mon', 'mth', 'month', 'months'],
    a: ['a', 'Y', 'y', 'yr', 'ann', 'year', 'years'],
  } satisfies Record<Amount['unit'], string[]>).flatMap(([unit, names]) =>
    names.map((name): [string, Amount['unit']] => [name, unit as Amount['unit']]),
  ),
);

export function amountOf(value: string, unit: string): Amount | undefined {
  const name = unit.trim();
  const known = UNITS.get(name) ?? UNITS.get(name.toLowerCase());
  return known === undefined ? undefined : { value, unit: known };
}

const MINUTES: Readonly<Record<Amount['unit'], number | undefined>> = {
  s: 1 / 60,
  min: 1,
  h: 60,
  d: 1_440,
  wk: 10_080,
  // A month or year has no fixed number of minutes.
  mo: undefined,
  a: undefined,
};

/** A time span as whole minutes; minutes is also what v2 means where no unit is given. Undefined when it isn't a whole number. */
export function minutesIn(value: string, unit: string): number | undefined {
  const amount = amountOf(value, unit.trim() === '' ? 'min' : unit);
  const each = amount && MINUTES[amount.unit];
  if (each === undefined || !/^\d{1,7}(?:\.\d{1,6})?$/.test(value.trim())) return undefined;
  const minutes = Number(value) * each;
  return Number.isInteger(minutes) ? minutes : undefined;
}
