// SPDX-License-Identifier: Apache-2.0
import type { Instance } from './instance.ts';
import type { Place } from './place.ts';
import type { Run } from './run.ts';
import type { Leaf } from './taken.ts';
import type { Fill } from './types/converter.ts';

/** Whom some words of a message mention, and what reading them said besides: the same words say the same again. */
export interface Mention {
  readonly instance: Instance;
  /** Parts of the words that were taken. */
  readonly taken: readonly Pick<Leaf, 'component' | 'subcomponent'>[];
  /** Codes that were understood. */
  readonly codes: readonly string[];
}

/** Whom a message has mentioned in which words: the same doctor signs each of a thousand results, and is read once. */
export class Mentions {
  readonly #byType = new Map<Fill, Map<string, Mention>>();

  /** The one that a data type has made of the same words. */
  known(type: Fill, place: Place, run: Run): Instance | undefined {
    const words = wordsAt(place);
    const mention = words === '' ? undefined : this.#byType.get(type)?.get(words);
    if (!mention) return undefined;
    const { instance, taken, codes } = mention;
    for (const { component, subcomponent } of taken) place.take(run.taken, component, subcomponent);
    for (const code of codes) run.unknownCodes.know(place, code);
    return instance;
  }

  remember(type: Fill, place: Place, mention: Mention): void {
    const words = wordsAt(place);
    if (words === '') return;
    const known = this.#byType.get(type) ?? new Map<string, Mention>();
    this.#byType.set(type, known);
    known.set(words, mention);
  }
}

/** Empty: what stands in a part of a field is read for itself. */
function wordsAt({ segment, field, repetition, component }: Place): string {
  return component > 0 ? '' : segment.whole(field, repetition);
}
