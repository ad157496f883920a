// SPDX-License-Identifier: Apache-2.0
import type { Element } from '../element.ts';

/** The key of a resource: as JSON writes an array of its type and parts, each of which is written already. */
export function keyOf(type: string, parts: readonly string[]): string {
  let key = `["${type}"`;
  for (const part of parts) key += `,${part}`;
  return `${key}]`;
}

/** A text as JSON writes it. */
export function quoted(text: string): string {
  return isPlain(text) ? `"${text}"` : JSON.stringify(text);
}

/** An element as JSON writes the text that JSON writes of it: the same as asking twice, and sooner. */
export function quotedElement(value: unknown): string {
  return `"${escapedJson(value)}"`;
}

function escapedJson(value: unknown): string {
  if (typeof value === 'string')
    return isPlain(value) ? `\\"${value}\\"` : JSON.stringify(JSON.stringify(value)).slice(1, -1);
  if (typeof value !== 'object' || value === null) return String(value);
  let members = '';
  if (Array.isArray(value)) {
    for (const member of value) members += members === '' ? escapedJson(member) : `,${escapedJson(member)}`;
    return `[${members}]`;
  }
  for (const name in value) {
    const member = (value as Element)[name];
    if (member === undefined) continue;
    if (members !== '') members += ',';
    members += `\\"${name}\\":${escapedJson(member)}`;
  }
  return `{${members}}`;
}

/** Whether JSON has nothing to escape in a text, which it hasn't in most. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return false;
  }
  return true;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
