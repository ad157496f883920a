// SPDX-License-Identifier: Apache-2.0
import { printNumber } from './json.ts';

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The one text of a value that is hashed, signed and stored: RFC 8785 (JCS), except that a number keeps the literal that was received
 * (`docs/canonical-form.md`). Members that are undefined are left out; what JSON can't say is a TypeError, for it is a mistake of ours.
 */
export function canonicalize(value: unknown): string {
  return canonical(value, undefined, '');
}

function canonical(value: unknown, container: object | undefined, key: string | number): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      return printNumber(container, key, value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value as Record<string, unknown>);
    default:
      throw new TypeError(`element ${key}: JSON has no ${typeof value}`);
  }
}

function canonicalArray(array: readonly unknown[]): string {
  let text = '[';
  for (let index = 0; index < array.length; index++) {
    if (index > 0) text += ',';
    text += canonical(array[index], array, index);
  }
  return `${text}]`;
}

function canonicalObject(object: Record<string, unknown>): string {
  let text = '';
  // RFC 8785 §3.2.3: names in the order of their UTF-16 code units, which is what sort() does without a comparison.
  for (const name of Object.keys(object).sort()) {
    const member = object[name];
    if (member === undefined) continue;
    text += `${text ? ',' : ''}${quoted(name)}:${canonical(member, object, name)}`;
  }
  return `{${text}}`;
}

// RFC 8785 §3.2.2.2 escapes exactly what ECMAScript's JSON.stringify escapes, but must refuse half a surrogate pair, which that one escapes.
function quoted(text: string): string {
  if (LONE_SURROGATE.test(text)) throw new TypeError('a string has half a surrogate pair');
  return JSON.stringify(text);
}
