// SPDX-License-Identifier: Apache-2.0
import { valuesAt } from '../../fhir/search/elements.ts';
import { Hl7Error } from '../../ingest/hl7/errors.ts';
import { type Element, isSame } from '../element.ts';
import type { Scene } from '../frame.ts';
import type { Instance } from '../instance.ts';
import { placeOf } from '../language/reference.ts';
import type { Run } from '../run.ts';
import { identifiersOf, identifying } from './identifiers.ts';
import type { Ids } from './ids.ts';
import { keyOf, quoted, quotedElement } from './key.ts';
import type { Key, KeyPart } from './rules.ts';

/**
 * Gives resources their ids: the same resource gets the same id in every message that speaks of it, so that replaying a feed gives the
 * same store. Keyed with a secret, because identifiers can be guessed and ids are seen by others.
 */
export class Namer {
  readonly #run: Run;
  readonly #ids: Ids;
  /** What a test tells of has ids of its own: it never reaches a real record. */
  readonly #space: string;
  /** People of this message by their keys. */
  readonly #people = new Map<string, readonly Instance[]>();
  /** How often a key has been met in this message. */
  readonly #met = new Map<string, number>();

  constructor(run: Run, ids: Ids) {
    this.#run = run;
    this.#ids = ids;
    this.#space = run.message.isTest ? 'test ' : '';
  }

  idOf(instance: Instance): string {
    if (instance.id !== undefined) return instance.id;
    if (instance.container) {
      instance.id = this.#numbered(instance.name, '-');
      return instance.id;
    }
    instance.naming = true;
    const { text, byIdentifier } = this.#keyOf(instance);
    instance.id = byIdentifier ? this.#samePerson(text, instance) : undefined;
    if (instance.id === undefined) {
      const numbered = instance.rules.same === 'merge' ? text : this.#numbered(text, '#');
      instance.id = this.#ids(this.#space + numbered);
    }
    instance.naming = false;
    return instance.id;
  }

  /** The id of who has the same number in this message, if everything else that is said of the two may be said of one. */
  #samePerson(key: string, instance: Instance): string | undefined {
    if (instance.rules.same !== 'identifier') return undefined;
    const known = this.#people.get(key) ?? [];
    this.#people.set(key, [...known, instance]);
    const denied = known.filter(({ resource }) => !isAlike(resource, instance.resource)).map(({ id }) => id);
    return known.find(({ id }) => !denied.includes(id))?.id;
  }

  /** The second of a key in one message is numbered. */
  #numbered(key: string, separator: string): string {
    const count = (this.#met.get(key) ?? 0) + 1;
    this.#met.set(key, count);
    return count > 1 ? `${key}${separator}${count}` : key;
  }

  #keyOf(instance: Instance): { readonly text: string; readonly byIdentifier: boolean } {
    for (const key of instance.rules.keys) {
      const parts = this.#partsOf(key, instance);
      if (!parts) continue;
      const byIdentifier = key.parts.some(({ kind }) => kind === 'identifier');
      return { text: keyOf(instance.type, parts), byIdentifier };
    }
    // Nothing says which one it is: then it is the one of this message, at this place.
    refuseNameless(instance);
    const { name, sequence } = instance.segment;
    const where = [...this.#run.messageKey, instance.name, name].map(quoted);
    return { text: keyOf(instance.type, [...where, String(sequence)]), byIdentifier: false };
  }

  /** As JSON writes them. */
  #partsOf(key: Key, instance: Instance): string[] | undefined {
    const frame: Scene = instance;
    if (key.name !== undefined && key.name !== instance.name) return undefined;
    if (key.condition && !key.condition(frame, undefined)) return undefined;
    const parts: string[] = [];
    for (const part of key.parts) {
      const found = this.#part(part, instance, frame);
      if (found === undefined) return undefined;
      parts.push(...found);
    }
    return parts;
  }

  #part(part: KeyPart, instance: Instance, frame: Scene): readonly string[] | undefined {
    switch (part.kind) {
      case 'sender':
        return [quoted(this.#run.senderSystem)];
      case 'message':
        return this.#run.messageKey.map(quoted);
      case 'identifier': {
        const { resource, rules } = instance;
        const found =
          part.type === undefined
            ? identifying(resource, rules)[0]
            : identifiersOf(resource).find((one) => one.type === part.type);
        return found && [quoted(found.system ?? ''), quoted(found.value)];
      }
      case 'instance': {
        const named = frame.group.named(part.name).find((one) => one !== instance && !one.naming);
        return named ? [quoted(this.idOf(named))] : missing(part);
      }
      case 'element': {
        const value = instance.resource[part.name];
        if (value === undefined) return missing(part);
        const target =
          typeof value === 'object' && value !== null ? this.#run.targetOf(value as Element) : undefined;
        return [target && !target.naming ? quoted(this.idOf(target)) : quotedElement(value)];
      }
      case 'elements': {
        const values = valuesAt(instance.resource, part.path);
        return values.length > 0 ? [quotedElement(values)] : missing(part);
      }
      case 'field': {
        for (const reference of part.references) {
          const place = placeOf(reference, frame, undefined);
          const text = place?.peek(reference.component || 1, reference.subcomponent || 1).trim() ?? '';
          if (text !== '') return [quoted(text)];
        }
        return missing(part);
      }
    }
  }
}

/** Whether nothing that two resources say of a person is true of one of them only; what one of them doesn't say, it doesn't deny. */
function isAlike(one: Element, other: Element): boolean {
  return ['name', 'birthDate', 'gender'].every((name) => {
    const [first, second] = [one[name], other[name]];
    return first === undefined || second === undefined || isSame(first, second);
  });
}

/** Whether what a resource says, and not where it is said, is what makes it the same one. */
export function isSameAnywhere({ resource, rules }: Instance): boolean {
  if (rules.same !== 'merge') return false;
  for (const { name, condition, parts } of rules.keys) {
    if (name !== undefined || condition || !parts.every(({ kind }) => SAID.has(kind))) return false;
    if (parts.every((part) => isSaid(part, resource))) return true;
  }
  return false;
}

const SAID: ReadonlySet<KeyPart['kind']> = new Set(['sender', 'identifier', 'element', 'elements']);

function isSaid(part: KeyPart, resource: Element): boolean {
  if (part.kind === 'identifier') return part.type === undefined && resource['identifier'] !== undefined;
  if (part.kind === 'element') return part.optional || resource[part.name] !== undefined;
  return part.kind !== 'elements' || part.optional || valuesAt(resource, part.path).length > 0;
}

/** Throws Hl7Error 101 if a resource of this type is none without an identifier from its segment. */
export function refuseNameless({ type, rules, segment: { name, sequence } }: Instance): void {
  const required = rules.required.find((one) => one.segment === name);
  if (!required) return;
  const location = { segment: name, sequence, field: required.field };
  throw new Hl7Error('101', `${name}-${required.field} doesn't say which ${type} this is`, location);
}

function missing(part: { readonly optional: boolean }): readonly string[] | undefined {
  return part.optional ? ['""'] : undefined;
}
