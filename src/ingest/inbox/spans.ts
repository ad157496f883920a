// SPDX-License-Identifier: Apache-2.0
import type { Delimiters, Message } from '../hl7/message.ts';

/** A message for people to look at: its text, and where in it the segments stand. Within them the delimiters tell the fields apart. */
export interface Spanned {
  readonly text: string;
  readonly delimiters: Delimiters;
  readonly segments: readonly Span[];
}

export interface Span {
  readonly segment: string;
  readonly sequence: number;
  /** Where it begins and ends in the text, in UTF-16 units; what ends the line is not part of it. */
  readonly from: number;
  readonly to: number;
}

export function spansOf(text: string, { delimiters, segments }: Message): Spanned {
  let at = 0;
  const spans = segments.map((segment) => {
    const line = lineOf(segment, delimiters.field);
    const from = text.indexOf(line, at);
    at = from + line.length;
    return { segment: segment.name, sequence: segment.sequence, from, to: at };
  });
  return { text, delimiters, segments: spans };
}

/** The segment as it was sent. MSH-1 is the separator itself. */
function lineOf(segment: Message['header'], separator: string): string {
  const fields = Array.from({ length: segment.fieldCount }, (_, index) => segment.raw(index + 1));
  return [segment.name, ...(segment.name === 'MSH' ? fields.slice(1) : fields)].join(separator);
}
