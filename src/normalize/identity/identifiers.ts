// SPDX-License-Identifier: Apache-2.0
import type { Element } from '../element.ts';
import type { ResourceRules } from './rules.ts';

export interface Identifier {
  readonly system?: string;
  readonly value: string;
  readonly type: string;
}

/** The identifiers of a resource that have a value. */
export function identifiersOf(resource: Element): Identifier[] {
  const listed = resource['identifier'];
  const all = Array.isArray(listed) ? (listed as Element[]) : listed === undefined ? [] : [listed as Element];
  return all
    .filter((one) => typeof one['value'] === 'string')
    .map((one) => {
      const type = one['type'] as { coding?: { code?: string }[] } | undefined;
      const system = one['system'] as string | undefined;
      return {
        ...(system === undefined ? {} : { system }),
        value: one['value'] as string,
        type: type?.coding?.[0]?.code ?? '',
      };
    });
}

/** The identifiers that say which resource this is, the most trusted first. When only weak ones are there, they have to do. */
export function identifying(resource: Element, rules: ResourceRules): Identifier[] {
  const all = identifiersOf(resource);
  const strong = all.filter((one) => !rules.weak.includes(one.type));
  const rank = (one: Identifier) => {
    const at = rules.prefer.indexOf(one.type);
    return at < 0 ? rules.prefer.length : at;
  };
  return (strong.length > 0 ? strong : all).sort((a, b) => rank(a) - rank(b));
}
