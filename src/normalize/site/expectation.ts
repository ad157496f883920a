// SPDX-License-Identifier: Apache-2.0

import type { Conversion } from '../convert.ts';
import { MappingError } from '../errors.ts';
import { nodesAt, openBundle, textsBelow } from '../guide/find.ts';
import { fieldOf } from '../output/rest.ts';

/** What must, or must not, be in the resources of a type that an example message becomes. */
export interface Expectation {
  readonly type: string;
  readonly path: string;
  /** Absent: any. */
  readonly value?: string;
  readonly not: boolean;
  /** As it was written. */
  readonly text: string;
}

export interface Expectations {
  readonly lines: readonly Expectation[];
  /** HL7 error code that the message must fail with. */
  readonly error?: string;
  /** The fields that only extensions may keep; absent: any. */
  readonly unmapped?: readonly string[];
}

/** A message without expectations of its own is converted as a whole, and all its values have a row. */
export const ALL_MAPPED: Expectations = { lines: [], unmapped: [] };

/**
 * `name.expect.yaml`: by type of resource what is expected of it, one line or several.
 *
 *     Patient:
 *       - name.family > Roe          (the path has that value)
 *       - birthDate                  (it has any)
 *       - not deceasedBoolean        (it has none)
 *       - not name.family > Doe      (it hasn't that one)
 *     error: 102                     (the message fails)
 *     unmapped: ZPD-3 ZPD-4          (no other value is left without a row; none: not a single one)
 *
 * Paths are those of `mappings/guide/`. Throws MappingError.
 */
export function readExpectations(file: unknown): Expectations {
  if (typeof file !== 'object' || file === null || Array.isArray(file))
    throw new MappingError('expectations are lists by type of resource: Patient: [name.family > Roe]');
  const { error, unmapped, ...types } = file as Record<string, unknown>;
  const lines = Object.entries(types).flatMap(([type, written]) =>
    textsOf(written, type).map((text) => readLine(type, text)),
  );
  const fields = unmapped === undefined ? undefined : textsOf(unmapped, 'unmapped').flatMap(words);
  return {
    lines,
    ...(error === undefined ? {} : { error: String(error) }),
    ...(fields === undefined ? {} : { unmapped: fields.filter((field) => field !== 'none') }),
  };
}

function readLine(type: string, text: string): Expectation {
  const [, not, path, value] = /^(not )?([^>]+?)(?: > (.*))?$/.exec(text) ?? [];
  if (path === undefined || !/^[A-Z]/.test(type))
    throw new MappingError(`${type}: ${text} is not: [not] path [> value]`);
  try {
    nodesAt(openBundle({ resourceType: 'Bundle' }), type, path);
  } catch (error) {
    throw new MappingError(`${type}: ${(error as Error).message}`, { cause: error });
  }
  const any = value === undefined || value === '*';
  return { type, path, not: not !== undefined, text, ...(any ? {} : { value }) };
}

function textsOf(written: unknown, name: string): string[] {
  const texts = [written].flat();
  const wrong = texts.some((text) => typeof text !== 'string');
  if (wrong) throw new MappingError(`${name}: a line is a text: put one with a colon in quotes`);
  return texts as string[];
}

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

/** What isn't as expected, with what was found instead; empty: all is. */
export function disappointments(expected: Expectations, conversion: Conversion): string[] {
  const found = openBundle(conversion.bundle);
  const failed: string[] = [];
  if (expected.error !== undefined)
    failed.push(`error: ${expected.error}: the message was converted without one`);
  for (const { type, path, value, not, text } of expected.lines) {
    const nodes = nodesAt(found, type, path);
    const texts = textsBelow(found, nodes);
    const there = value === undefined ? nodes.length > 0 : texts.has(value);
    if (there !== not) continue;
    const none = found.resources.some(({ resourceType }) => resourceType === type) ? 'nothing' : `no ${type}`;
    failed.push(`${type}: ${text}: found ${nodes.length === 0 ? none : listOf(texts)}`);
  }
  const left = new Set(conversion.unmapped.map(fieldOf));
  for (const field of expected.unmapped ? left : []) {
    const allowed = expected.unmapped!.some((one) => field === one || field.startsWith(`${one}.`));
    if (!allowed) failed.push(`${field} has no row: only an extension keeps it`);
  }
  return failed;
}

const MAX_TEXTS = 5;

function listOf(texts: ReadonlySet<string>): string {
  const some = [...texts].slice(0, MAX_TEXTS).map((text) => JSON.stringify(text));
  return some.join(', ') + (texts.size > MAX_TEXTS ? ', …' : '') || 'something without a text';
}
