// SPDX-License-Identifier: Apache-2.0
import { Hl7Error } from './errors.ts';

/** The characters that structure one message, from its MSH-1 and MSH-2. */
export interface Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  /** Empty when MSH-2 names none: such a message has no escape sequences. */
  readonly escape: string;
  readonly subcomponent: string;
  /** v2.7: stands at the end of a value that was cut short, where MSH-2 names it. */
  readonly truncation?: string;
}

/** HL7 v2 §2.5.4: the recommended delimiters, and those of everything we send. */
export const STANDARD_DELIMITERS: Delimiters = {
  field: '|',
  component: '^',
  repetition: '~',
  escape: '\\',
  subcomponent: '&',
};

const HEADER = { segment: 'MSH', sequence: 1 };

/** Reads MSH-1 and MSH-2 at the start of a header line, such as `MSH|^~\&|…` or `MSH#$~\&#…`. */
export function readDelimiters(line: string): Delimiters {
  const field = line.charAt(3);
  if (!isDelimiter(field)) throw new Hl7Error('102', 'MSH-1 is no delimiter', { ...HEADER, field: 1 });
  const end = line.indexOf(field, 4);
  const encoding = undouble(line.slice(4, end < 0 ? line.length : end));
  if (encoding === '') {
    throw new Hl7Error('101', 'MSH-2 names no encoding characters', { ...HEADER, field: 2 });
  }
  const characters = [field, ...encoding];
  if (characters.length > 6 || !characters.every(isDelimiter)) {
    throw new Hl7Error('102', 'MSH-2 is not a list of encoding characters', { ...HEADER, field: 2 });
  }
  if (new Set(characters).size < characters.length) {
    throw new Hl7Error('102', 'MSH-1 and MSH-2 use one character twice', { ...HEADER, field: 2 });
  }
  // §2.5.4 lets a sender leave out what it doesn't use; then the recommended one holds, unless it has another meaning here.
  const unused = (preferred: string) => (characters.includes(preferred) ? '' : preferred);
  return {
    field,
    component: encoding.charAt(0),
    repetition: encoding.charAt(1) || unused('~'),
    escape: encoding.charAt(2),
    subcomponent: encoding.charAt(3) || unused('&'),
    ...(encoding.length > 4 ? { truncation: encoding.charAt(4) } : {}),
  };
}

function isDelimiter(character: string): boolean {
  return /^[!-/:-@[-`{-~]$/.test(character);
}

/** Some senders build the header from a source text and print its backslash twice: `^~\\&`. */
function undouble(encoding: string): string {
  return encoding.length === 5 && encoding[2] === encoding[3] ? encoding.slice(0, 3) + encoding[4] : encoding;
}
