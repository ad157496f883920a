// SPDX-License-Identifier: Apache-2.0
import type { Issue } from '../../fhir/outcome.ts';
import { type Delimiters, readDelimiters } from './delimiters.ts';
import { Hl7Error } from './errors.ts';
import { linesOf, startsSegment } from './lines.ts';
import { dialectOf, Segment } from './segment.ts';

export type { Delimiters } from './delimiters.ts';
export { Hl7Error, type Hl7ErrorCode, type Hl7Location } from './errors.ts';
export { Segment } from './segment.ts';

/** Far above what any structure of HL7 v2 defines; a message beyond them is an attack or an accident. */
export const MAX_SEGMENTS = 50_000;
export const MAX_FIELDS = 1_000;

/** One HL7 v2 message in the order of its segments. */
export class Message {
  readonly delimiters: Delimiters;
  readonly segments: readonly Segment[];
  /** Character set in the words of HL7 table 0211, such as `UNICODE UTF-8`. */
  readonly charset: string;
  /** What was doubtful about the reading of its bytes: belongs into the report of what becomes of it. */
  readonly issues: readonly Issue[];

  constructor(
    segments: readonly Segment[],
    delimiters: Delimiters,
    charset: string,
    issues: readonly Issue[],
  ) {
    this.segments = segments;
    this.delimiters = delimiters;
    this.charset = charset;
    this.issues = issues;
  }

  /** The first segment of that name. */
  segment(name: string): Segment | undefined {
    return this.segments.find((segment) => segment.name === name);
  }

  /** MSH, which every message that could be read begins with. */
  get header(): Segment {
    return this.segments[0]!;
  }

  /** Whether it was sent for training or debugging (MSH-11, HL7 table 0103), and not because something happened. */
  get isTest(): boolean {
    return /^[TD]$/.test(this.header.value(11));
  }
}

/**
 * Reads one message. Segments and fields are split at once, what is below them when it is asked for. Throws only Hl7Error.
 * Bytes from a wire go through `readBytes` instead, which finds their character set.
 */
export function readMessage(
  text: string,
  charset = 'UNICODE UTF-8',
  encoding = 'utf-8',
  issues: readonly Issue[] = [],
): Message {
  const lines = linesOf(text);
  const header = lines[0] ?? '';
  if (!header.startsWith('MSH')) {
    throw new Hl7Error('100', 'the message does not begin with MSH', { segment: 'MSH', sequence: 1 });
  }
  const delimiters = readDelimiters(header);
  const dialect = dialectOf(delimiters, encoding, text);
  const counts = new Map<string, number>();
  const segments: Segment[] = [];
  for (const line of lines) {
    const name = nameOf(line, delimiters.field);
    if (name === undefined) throw brokenLine(segments.at(-1)!, segments.length + 1);
    const sequence = (counts.get(name) ?? 0) + 1;
    counts.set(name, sequence);
    if (name === 'MSH' && sequence > 1) {
      throw new Hl7Error('100', 'a second MSH in one message', { segment: 'MSH', sequence });
    }
    if (segments.length === MAX_SEGMENTS) {
      throw new Hl7Error('100', `more than ${MAX_SEGMENTS} segments`, { segment: name, sequence });
    }
    const fields = fieldsOf(line, name, sequence, delimiters);
    segments.push(new Segment(fields, segments.length, sequence, dialect));
  }
  return new Message(segments, delimiters, charset, issues);
}

function fieldsOf(line: string, name: string, sequence: number, delimiters: Delimiters): string[] {
  const fields = line.split(delimiters.field, MAX_FIELDS + 2);
  if (fields.length > MAX_FIELDS + 1) {
    throw new Hl7Error('102', `more than ${MAX_FIELDS} fields in one segment`, { segment: name, sequence });
  }
  // MSH-1 is the separator itself, which splitting swallows.
  if (name === 'MSH') fields.splice(1, 0, delimiters.field);
  fields[0] = name;
  return fields;
}

/** Names of segments, of which there are no more than three letters and digits make: two that are one text compare at once. */
const NAMES = new Map<string, string>();

/** The segment's name, or undefined when the line is not a segment. */
function nameOf(line: string, separator: string): string | undefined {
  if (!startsSegment(line, 0, separator)) return undefined;
  const name = line.slice(0, 3);
  const known = NAMES.get(name);
  if (known === undefined) NAMES.set(name, name);
  return known ?? name;
}

function brokenLine(before: Segment, number: number): Hl7Error {
  const { name, sequence } = before;
  return new Hl7Error(
    '100',
    `line ${number}, after ${name}[${sequence}], does not begin with a segment name`,
    {
      segment: name,
      sequence,
    },
  );
}
