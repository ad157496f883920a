// SPDX-License-Identifier: Apache-2.0
import type { Parser } from './parser.ts';

interface Library {
  readonly Message: new (options: { text: string }) => Hl7Node;
}

/** A message, a segment, a field, and so on down to a subcomponent. */
interface Hl7Node {
  readonly name: string;
  /** Split when first asked for; none when there is no text. */
  readonly children: readonly Hl7Node[];
  get(path: string): Hl7Node;
  toString(): string;
}

/** Looks for more than one MSH at once and splits when asked; decodes escapes, and looks at no character set. */
export function nodeHl7Client(name: string, { Message }: Library): Parser<Hl7Node> {
  return {
    name,
    parse: (bytes) => new Message({ text: bytes.toString('utf8') }),
    read(message, see) {
      for (const segment of message.children) {
        const fields = segment.children;
        for (let f = segment.name === 'MSH' ? 2 : 1; f < fields.length; f++) {
          for (const repetition of fields[f]!.children) {
            for (const component of repetition.children) {
              for (const subcomponent of component.children) see(subcomponent.toString());
            }
          }
        }
      }
    },
    segments: (message) => message.children.length,
    family: (message) => message.get('PID.5.1').toString(),
  };
}
