// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../../../src/fhir/resource.ts';
import { parseSearch } from '../../../src/fhir/search/index.ts';
import type { Db } from '../../../src/store/sql/database.ts';
import type { OpenStore } from '../../../src/store/sql/store.ts';
import type { Change, Store, Stored } from '../../../src/store/store.ts';

/** Two bridges of one organization on one database. Set before the tests run. */
export interface Bridges {
  store: OpenStore;
  /** With connections and memory of its own. */
  other: OpenStore;
  db: Db;
  open(): Promise<OpenStore>;
}

export const SYSTEM = 'urn:oid:1.2.3';

export const patient = (value: string, more: object = {}): Resource => ({
  resourceType: 'Patient',
  identifier: [{ system: SYSTEM, value }],
  ...more,
});

export const observation = (subject: string, more: object = {}): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
  subject: { reference: subject },
  ...more,
});

export const known = (value: string) => [`identifier|${SYSTEM}|${value}`];
export const search = (type: string, query = '') => parseSearch(type, new URLSearchParams(query)).search;
export const byIdentifier = (value: string) => search('Patient', `identifier=${SYSTEM}|${value}`);

export async function all(found: AsyncIterable<Stored>): Promise<Stored[]> {
  const list: Stored[] = [];
  for await (const one of found) list.push(one);
  return list;
}

export async function make(store: Store, resource: Resource): Promise<Stored> {
  return (await change(store, { op: 'create', resource })).stored;
}

export async function change(store: Store, one: Change) {
  const { results } = await store.commit({ changes: [one] });
  return results[0] as NonNullable<(typeof results)[0]>;
}
