// SPDX-License-Identifier: Apache-2.0
import type { Parser } from './parser.ts';

interface Library {
  readonly default: new (text: string, options: { lineEndings: string }) => Hl7;
}

interface Hl7 {
  readonly transformed: Readonly<
    Record<string, readonly { readonly data: Readonly<Record<string, Part>> }[]>
  >;
  transform(): void;
  get(path: string): unknown;
}

/** A text, repetitions or subcomponents, or components by their path. */
type Part = string | readonly Part[] | { readonly [path: string]: Part };

/** Makes objects of everything at once, by the recommended delimiters; neither decodes escapes nor looks at the character set. */
export function hl7Standard(name: string, { default: HL7 }: Library): Parser<Hl7> {
  return {
    name,
    parse(bytes) {
      const message = new HL7(bytes.toString('utf8'), { lineEndings: '\r' });
      message.transform();
      return message;
    },
    read({ transformed }, see) {
      for (const name in transformed) {
        for (const { data } of transformed[name]!) {
          for (const path in data) if (path !== 'MSH.2') readPart(data[path]!, see);
        }
      }
    },
    segments: ({ transformed }) => Object.values(transformed).reduce((sum, { length }) => sum + length, 0),
    family: (message) => String(message.get('PID.5.1')),
  };
}

function readPart(part: Part, see: (value: string) => void): void {
  if (typeof part === 'string') see(part);
  else if (Array.isArray(part)) for (const one of part) readPart(one, see);
  else for (const path in part) readPart((part as Record<string, Part>)[path]!, see);
}
