// SPDX-License-Identifier: Apache-2.0
import type { Instance } from './instance.ts';
import type { Place } from './place.ts';
import type { Taken } from './taken.ts';

/** Whom a message has mentioned in which words: the same doctor signs each of a thousand results, and is read once. */
export class Mentions {
  readonly #taken: Taken;
  readonly #byType = new Map<object, Map<string, { readonly place: Place; readonly instance: Instance }>>();

  constructor(taken: Taken) {
    this.#taken = taken;
  }

  /** The one that has been read as this type from the same words; what was taken of them there is taken here. */
  known(type: object, place: Place): Instance | undefined {
    const found = this.#byType.get(type)?.get(place.segment.whole(place.field, place.repetition));
    if (!found || place.component > 0) return undefined;
    place.takeAs(found.place, this.#taken);
    return found.instance;
  }

  remember(type: object, place: Place, instance: Instance): void {
    if (place.component > 0) return;
    const words = place.segment.whole(place.field, place.repetition);
    const known = this.#byType.get(type);
    if (known) known.set(words, { place, instance });
    else this.#byType.set(type, new Map([[words, { place, instance }]]));
  }
}
