// SPDX-License-Identifier: Apache-2.0

/** How much stands in a field or a part of one, without reading it: nothing, … */
export const NOTHING = 0;
/** … something, be it blank or a delimiter alone, … */
export const SOMETHING = 1;
/** … a text that isn't empty, … */
export const TEXT = 2;
/** … or several repetitions. */
export const REPEATED = 3;

/** How many extents one number holds, two bits each, the first the lowest. */
export const EXTENTS = 15;

/** Of one of the extents in a number, counted from 0. */
export function extentIn(extents: number, index: number): number {
  return (extents >> (2 * index)) & 3;
}

/** Of what is written as `raw` and has no repetitions. A letter or digit is no delimiter, so that it begins a text. */
export function extentOf(raw: string): number {
  if (raw === '') return NOTHING;
  const code = raw.charCodeAt(0);
  const begins = (code > 47 && code < 58) || (code > 64 && code < 91) || (code > 96 && code < 123);
  return begins ? TEXT : SOMETHING;
}
