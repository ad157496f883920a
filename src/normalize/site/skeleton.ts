// SPDX-License-Identifier: Apache-2.0
import { stringify } from 'yaml';
import type { UnknownCode } from '../unknown.ts';

/**
 * The beginnings of site files, one for each sender, as lines: what each unknown code means has to be filled in, as `code` of the code
 * map's own system or as `system#code display`.
 */
export function skeletons(codes: readonly UnknownCode[]): string[] {
  const bySender = new Map<string, UnknownCode[]>();
  for (const code of codes) bySender.set(code.sender, [...(bySender.get(code.sender) ?? []), code]);
  return [...bySender].flatMap(([sender, own], index) => [
    ...(index === 0 ? [] : ['---']),
    `facility: ${quoted(sender)}`,
    '# Fill in: code, or system#code display. What stays empty says nothing.',
    'codes:',
    ...sections(own),
  ]);
}

function sections(codes: readonly UnknownCode[]): string[] {
  const sections = new Map<string, UnknownCode[]>();
  for (const code of codes) {
    // By code map; else by coding system; else the field is all that says what kind of code it is.
    const name = code.map ?? (code.system || code.field);
    const known = sections.get(name) ?? [];
    if (!known.some((other) => other.code === code.code)) sections.set(name, [...known, code]);
  }
  return [...sections].flatMap(([name, own]) => [
    `  ${quoted(name)}:`,
    ...own.map(
      ({ code, display, field }) =>
        `    ${quoted(code)}: '' # ${field}${display ? ` ${oneLine(display)}` : ''}`,
    ),
  ]);
}

const quoted = (text: string): string => stringify(text, { schema: 'core', lineWidth: 0 }).trimEnd();
const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
