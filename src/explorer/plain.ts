// SPDX-License-Identifier: Apache-2.0

/** A value for JSON: numbers of blocks and sizes of logs become text, for they may be larger than other programs' numbers. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}
