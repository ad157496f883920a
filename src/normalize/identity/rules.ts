// SPDX-License-Identifier: Apache-2.0

import { MappingError } from '../errors.ts';
import { interned } from '../interned.ts';
import { type Choices, type Condition, compileCondition } from '../language/condition.ts';
import { type Reference, readReference } from '../language/reference.ts';

/** What makes a resource the same one in two messages: one type's part of `mappings/resources.yaml`. */
export interface ResourceRules {
  /** The first whose parts are all there is taken. */
  readonly keys: readonly Key[];
  /**
   * What to do when one message has two of the same key: they are one (`merge`), or the second is the second (`number`), unless its
   * identifier is the key, and nothing that is said of the person contradicts it (`identifier`).
   */
  readonly same: 'merge' | 'number' | 'identifier';
  readonly once: boolean;
  /** Fields of which one must say which resource it is: without, the message can't be converted. */
  readonly required: readonly Reference[];
  /** Types of identifiers in the order in which they are trusted. */
  readonly prefer: readonly string[];
  /** Types of identifiers that don't identify this kind of resource. */
  readonly weak: readonly string[];
  /** Arrays of which a message may know a part only. */
  readonly adds: readonly string[];
  /** Elements of which only one may be there: the forms of a choice element, and what excludes them. */
  readonly oneOf: readonly (readonly string[])[];
  /** Members of arrays that are nothing without a child: `location` without `location.location`. */
  readonly whole: readonly { readonly name: string; readonly child: string }[];
  /** Primitive elements that may come with an extension, and what holds it: `birthDate` and `_birthDate`. */
  readonly twins: readonly (readonly [name: string, twin: string])[];
}

export interface Key {
  readonly parts: readonly KeyPart[];
  /** Only for resources that message files give this name. */
  readonly name?: string;
  readonly condition?: Condition;
}

export type KeyPart =
  | { readonly kind: 'identifier'; readonly type?: string }
  | { readonly kind: 'instance'; readonly name: string; readonly optional: boolean }
  | { readonly kind: 'element'; readonly name: string; readonly optional: boolean }
  /** Parts of an element: those of each of its members, where it is a list. */
  | { readonly kind: 'elements'; readonly path: string; readonly optional: boolean }
  | { readonly kind: 'field'; readonly references: readonly Reference[]; readonly optional: boolean }
  | { readonly kind: 'sender' }
  | { readonly kind: 'message' };

export interface RulesFile {
  readonly keys?: readonly string[];
  readonly same?: string;
  /** Rows for what R4 requires, at work when all segments have had their say. */
  readonly defaults?: readonly string[];
  readonly once?: string;
  readonly required?: string;
  readonly prefer?: string;
  readonly weak?: string;
  readonly adds?: string;
  readonly 'one-of'?: readonly string[];
  readonly twins?: string;
  readonly whole?: string;
}

/** The rules of each type. Throws MappingError, as what it returns does for a type that has none. */
export function compileAllRules(files: Readonly<Record<string, RulesFile>>): (type: string) => ResourceRules {
  const rules = new Map(Object.entries(files).map(([type, file]) => [type, compileRules(type, file)]));
  return (type) => {
    const found = rules.get(type);
    if (!found) throw new MappingError(`resources.yaml has no ${type}`);
    return found;
  };
}

export function compileRules(type: string, file: RulesFile): ResourceRules {
  const words = (text: string | undefined) => text?.split(' ').filter((word) => word !== '') ?? [];
  try {
    return {
      keys: (file.keys ?? []).map(compileKey),
      same: file.same === 'merge' || file.same === 'identifier' ? file.same : 'number',
      once: file.once === 'true',
      required: words(file.required).map(readReference),
      prefer: words(file.prefer),
      weak: words(file.weak),
      adds: ['extension', ...words(file.adds)],
      oneOf: (file['one-of'] ?? []).map(words),
      twins: words(file.twins).map((name) => [name, interned(`_${name}`)]),
      whole: words(file.whole).map((path) => {
        const [name, child] = path.split('.');
        return { name: name!, child: child! };
      }),
    };
  } catch (error) {
    throw error instanceof MappingError ? error.in(`resources.yaml: ${type}`) : error;
  }
}

function compileKey(text: string): Key {
  const [, name, key] = /^(?:([\w-]+): )?(.*)$/.exec(text)!;
  const [parts, condition] = key!.split(' if ');
  return {
    ...(name === undefined ? {} : { name }),
    parts: parts!.split(' ').map(compilePart),
    ...(condition === undefined ? {} : { condition: compileCondition(condition, noChoices) }),
  };
}

/** What a resource is the same by is no site's choice: its neighbours would make another id of it. */
const noChoices: Choices = (name) => {
  throw new MappingError(`a key can't depend on the choice ${name}`);
};

function compilePart(text: string): KeyPart {
  const optional = text.endsWith('?');
  const name = optional ? text.slice(0, -1) : text;
  if (name === 'sender' || name === 'message') return { kind: name };
  if (name === 'identifier') return { kind: 'identifier' };
  if (name.startsWith('identifier:')) return { kind: 'identifier', type: name.slice(11) };
  if (name.startsWith('@')) return { kind: 'instance', name: name.slice(1), optional };
  if (name.startsWith('.')) return elementPart(name.slice(1), optional);
  return { kind: 'field', references: name.split('|').map(readReference), optional };
}

function elementPart(path: string, optional: boolean): KeyPart {
  if (!/^\w+(?:\.\w+)*$/.test(path)) throw new MappingError(`.${path} is no element, nor a part of one`);
  return path.includes('.')
    ? { kind: 'elements', path, optional }
    : { kind: 'element', name: path, optional };
}
