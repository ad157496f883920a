// SPDX-License-Identifier: Apache-2.0
import { readBytes } from '../../src/ingest/hl7/charset.ts';
import type { Message } from '../../src/ingest/hl7/message.ts';
import type { Parser } from '../peers/parser.ts';

/** Finds the character set, splits segments and fields at once and the rest when asked, decodes escapes. */
export const OURS: Parser<Message> = {
  name: 'Mooring',
  parse: (bytes) => readBytes(bytes).message,
  read({ segments }, see) {
    for (const segment of segments) {
      for (let f = segment.name === 'MSH' ? 3 : 1; f <= segment.fieldCount; f++) {
        for (let r = 1; r <= segment.repetitions(f); r++) {
          for (let c = 1; c <= segment.components(f, r); c++) {
            for (let s = 1; s <= segment.subcomponents(f, r, c); s++) see(segment.value(f, r, c, s));
          }
        }
      }
    }
  },
  segments: ({ segments }) => segments.length,
  family: (message) => message.segment('PID')?.value(5) ?? '',
};
