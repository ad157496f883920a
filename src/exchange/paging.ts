// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../fhir/outcome.ts';
import type { Call, Exchange } from './call.ts';
import { MAX_QUERY_CHARS } from './cursor.ts';

const CURSOR = '_cursor';

/** What a paged request asks for: as it was sent, or as a `next` link of ours repeats it. */
export interface Paged {
  readonly params: readonly (readonly [string, string])[];
  readonly after?: string;
}

/** `route` is what the link belongs to, such as `Observation` or `Patient/p1/$everything`. */
export function pagedRequest(call: Call, exchange: Exchange, route: string): Paged {
  const cursor = call.params.find(([name]) => name === CURSOR)?.[1];
  if (cursor === undefined) {
    const chars = call.params.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    if (chars > MAX_QUERY_CHARS)
      throw FhirError.of(400, 'too-long', `a query may have ${MAX_QUERY_CHARS} characters`);
    return { params: call.params };
  }
  return exchange.cursors.open(cursor, route, call.grant.client);
}

/** The page's links. That of the next page holds the query sealed, and nothing in clear. */
export function linksOf(
  call: Call,
  exchange: Exchange,
  route: string,
  paged: Paged,
  after: string | undefined,
): { self: string; next?: string } {
  const url = `${exchange.base()}/${route}`;
  const asked = call.params
    .filter(([name]) => name !== '_format')
    .map(([name, value]): [string, string] => [name, value]);
  const query = new URLSearchParams(asked).toString();
  const self = query === '' ? url : `${url}?${query}`;
  if (after === undefined) return { self };
  const cursor = exchange.cursors.seal({ route, params: paged.params, after }, call.grant.client);
  return { self, next: `${url}?${CURSOR}=${cursor}` };
}

/** `_count` of a history or an operation. */
export function countOf(params: Paged['params'], usual: number, most: number): number {
  const text = params.find(([name]) => name === '_count')?.[1];
  if (text === undefined) return usual;
  if (!/^\d{1,9}$/.test(text))
    throw FhirError.of(400, 'value', 'search parameter _count: expected a whole number');
  return Math.min(Number(text), most);
}
