// SPDX-License-Identifier: Apache-2.0
import type { Frame } from '../frame.ts';
import type { Place } from '../place.ts';
import { cleanText } from '../types/text.ts';
import { placeOf, type Reference, readReference } from './reference.ts';

/** A text in quotes, with fields in it: `"{XTN.6} {XTN.7}"`. */
export interface Template {
  /** What it says always; absent: it has fields. */
  readonly fixed?: string;
  /** It has fields that are not parts of the value at hand. */
  readonly outward: boolean;
  /** Undefined when it has fields and all of them are empty. */
  text(frame: Frame, at: Place | undefined, encode?: (field: string) => string): string | undefined;
  /** What is made of the text, whose fields count as mapped only when something can be. */
  made(frame: Frame, at: Place | undefined, make: (text: string) => string | undefined): string | undefined;
  /** The first field in it, for explanations; a fixed text is explained by its row alone. */
  field(frame: Frame, at: Place | undefined): string;
}

export function compileTemplate(source: string): Template {
  const parts = source
    .split(/\{([^}]+)\}/)
    .map((part, index) => (index % 2 === 0 ? part : readReference(part)));
  const references = parts.filter((part): part is Reference => typeof part !== 'string');
  if (references.length === 0)
    return {
      fixed: source,
      outward: false,
      text: () => source,
      made: (_frame, _at, make) => make(source),
      field: () => '',
    };
  return {
    outward: references.some(({ segment }) => segment !== undefined),
    text(frame, at, encode) {
      let any = false;
      let whole = '';
      for (const part of parts) {
        if (typeof part === 'string') {
          whole += part;
          continue;
        }
        const { component, subcomponent } = part;
        const said = placeOf(part, frame, at)?.read(frame.run.taken, component || 1, subcomponent || 1) ?? '';
        if (said === '') continue;
        any = true;
        whole += encode === undefined ? said : encode(said);
      }
      return any ? cleanText(whole.trim()) : undefined;
    },
    made(frame, at, make) {
      const peeked = parts.map((part) =>
        typeof part === 'string'
          ? part
          : (placeOf(part, frame, at)?.peek(part.component || 1, part.subcomponent || 1) ?? ''),
      );
      const found = make(peeked.join(''));
      if (found === undefined) return undefined;
      for (const part of references)
        placeOf(part, frame, at)?.read(frame.run.taken, part.component || 1, part.subcomponent || 1);
      return found;
    },
    field: (frame, at) => placeOf(references[0]!, frame, at)?.print(references[0]!.component || 1) ?? '',
  };
}
