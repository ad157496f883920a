// SPDX-License-Identifier: Apache-2.0
import type { Origin } from '../convert.ts';
import type { Instance } from '../instance.ts';

/** That a row wrote `container[key]`; where that is in the output is known when the output is complete. */
export interface Note {
  readonly container: object;
  readonly key: string | number;
  readonly field: string;
  readonly row: string;
}

export function originsOf(instances: readonly Instance[], notes: readonly Note[]): Origin[] {
  const places = new Map<object, { resource: string; path: string }>();
  const visit = (value: unknown, resource: string, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if (!places.has(value)) places.set(value, { resource, path });
    for (const [name, member] of Object.entries(value)) {
      visit(member, resource, Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`);
    }
  };
  for (const instance of instances) visit(instance.resource, `urn:uuid:${instance.id}`, instance.type);
  return notes.flatMap(({ container, key, field, row }) => {
    const place = places.get(container);
    if (!place) return [];
    const path = typeof key === 'number' ? `${place.path}[${key}]` : `${place.path}.${key}`;
    return [{ resource: place.resource, path, field, row }];
  });
}
