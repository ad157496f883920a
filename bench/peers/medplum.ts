// SPDX-License-Identifier: Apache-2.0
import type { Parser } from './parser.ts';

interface Library {
  readonly Hl7Message: { parse(text: string): Hl7Message };
}

interface Hl7Message {
  readonly segments: readonly Hl7Segment[];
  getSegment(name: string): Hl7Segment | undefined;
}

interface Hl7Segment {
  readonly name: string;
  /** By number but for MSH, whose first is MSH-2. */
  readonly fields: readonly { readonly components: readonly (readonly string[])[] }[];
  getComponent(field: number, component: number, subcomponent?: number, repetition?: number): string;
}

/** Splits everything down to components at once; neither decodes escapes nor looks at the character set. */
export function medplum(name: string, { Hl7Message }: Library): Parser<Hl7Message> {
  return {
    name,
    // The line break that ends the last segment would count as one more.
    parse: (bytes) => Hl7Message.parse(bytes.toString('utf8').trimEnd()),
    read({ segments }, see) {
      for (const { name, fields } of segments) {
        for (let f = name === 'MSH' ? 2 : 1; f < fields.length; f++) {
          for (const components of fields[f]!.components) {
            for (const component of components) {
              if (component.includes('&')) for (const part of component.split('&')) see(part);
              else see(component);
            }
          }
        }
      }
    },
    segments: ({ segments }) => segments.length,
    family: (message) => message.getSegment('PID')?.getComponent(5, 1) ?? '',
  };
}
