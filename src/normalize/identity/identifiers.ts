// SPDX-License-Identifier: Apache-2.0
import type { Element } from '../element.ts';
import type { ResourceRules } from './rules.ts';

export interface Identifier {
  readonly system: string | undefined;
  readonly value: string;
  readonly type: string;
}

/** The identifiers of a resource that have a value. */
export function identifiersOf(resource: Element): Identifier[] {
  const listed = resource['identifier'];
  if (listed === undefined) return [];
  const found: Identifier[] = [];
  for (const one of Array.isArray(listed) ? (listed as Element[]) : [listed as Element]) {
    const { value, system, type } = one as WrittenIdentifier;
    if (typeof value === 'string') found.push({ system, value, type: type?.coding?.[0]?.code ?? '' });
  }
  return found;
}

interface WrittenIdentifier {
  readonly value?: unknown;
  readonly system?: string;
  readonly type?: { readonly coding?: readonly { readonly code?: string }[] };
}

/** The identifiers that say which resource this is, the most trusted first. When only weak ones are there, they have to do. */
export function identifying(resource: Element, rules: ResourceRules): Identifier[] {
  const all = identifiersOf(resource);
  if (all.length < 2) return all;
  const strong = all.filter((one) => !rules.weak.includes(one.type));
  return (strong.length > 0 ? strong : all).sort((a, b) => rankOf(a, rules) - rankOf(b, rules));
}

function rankOf({ type }: Identifier, { prefer }: ResourceRules): number {
  const at = prefer.indexOf(type);
  return at < 0 ? prefer.length : at;
}
