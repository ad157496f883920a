// SPDX-License-Identifier: Apache-2.0
import type { Segment } from '../ingest/hl7/message.ts';
import type { Place } from './place.ts';

/** A code that a code map lacks, or whose coding system FHIR doesn't know: worth telling to whoever writes the site's file. */
export interface UnknownCode {
  /** MSH-4.1, else MSH-4.2. */
  readonly sender: string;
  /** `OBX-3` */
  readonly field: string;
  /** The code map that lacks it. */
  readonly map?: string;
  /** As in CWE.3; empty where the sender says none. */
  readonly system: string;
  readonly code: string;
  /** What the sender calls it, shortened. */
  readonly display?: string;
}

/** No message says more that is of use here, and none should fill memory. */
const MAX_CODES = 200;
const MAX_LENGTH = 100;

/** The unknown codes of one message. */
export class UnknownCodes {
  readonly #sender: string;
  readonly #found = new Map<string, UnknownCode>();
  /** What one map lacks another may know: rows often try several. */
  readonly known: (readonly [field: string, code: string])[] = [];
  /** How often a code was lacking. */
  lacking = 0;

  constructor(header: Segment) {
    this.#sender = (header.value(4, 1, 1) || header.value(4, 1, 2)).trim();
  }

  know(place: Place, code: string): void {
    this.known.push([fieldOf(place), code]);
  }

  /** Notes what stands at a place: code, display and coding system in these components. */
  lack(place: Place, [code, display, system]: readonly number[], map: string | undefined): void {
    const text = place.peek(code).trim();
    if (text === '' || text.length > MAX_LENGTH) return;
    this.lacking++;
    if (this.#found.size >= MAX_CODES) return;
    const field = fieldOf(place);
    const words = place.peek(display).trim().slice(0, MAX_LENGTH);
    const key = keyOf(field, text);
    if (this.#found.has(key)) return;
    this.#found.set(key, {
      ...{ sender: this.#sender, field },
      ...(map === undefined ? {} : { map }),
      ...{ system: place.peek(system).trim().slice(0, MAX_LENGTH), code: text },
      ...(words === '' ? {} : { display: words }),
    });
  }

  list(): UnknownCode[] {
    if (this.#found.size === 0) return [];
    const known = new Set(this.known.map(([field, code]) => keyOf(field, code)));
    return [...this.#found].filter(([key]) => !known.has(key)).map(([, found]) => found);
  }
}

function keyOf(field: string, code: string): string {
  return `${field} ${code}`;
}

/** `PID-8`, as it was sent. */
export function fieldOf({ segment, field }: Place): string {
  return `${segment.name}-${segment.sentAs(field)}`;
}
