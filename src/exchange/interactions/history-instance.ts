// SPDX-License-Identifier: Apache-2.0
import { DEFAULT_COUNT, MAX_COUNT } from '../../fhir/search/parse.ts';
import type { Stored } from '../../store/store.ts';
import { historyBundle } from '../bundle.ts';
import { type Answer, type Call, type Exchange, isId, mustAllow, notFound } from '../call.ts';
import type { Definition } from '../interaction.ts';
import { countOf, linksOf, pagedRequest } from '../paging.ts';

export const definition: Definition = {
  interactions: ['history-instance'],
  level: 'type',
  routes: [{ method: 'get', path: '/:type/:id/_history' }],
};

/** The versions that the caller may see; none of them is the same answer as no resource. */
export async function handle(call: Call, exchange: Exchange): Promise<Answer> {
  mustAllow(call, call.type, 'r');
  if (!isId(call.id)) throw notFound();
  const route = `${call.type}/${call.id}/_history`;
  const paged = pagedRequest(call, exchange, route);
  const count = countOf(paged.params, DEFAULT_COUNT, MAX_COUNT);
  const records = below(exchange.store.history(call.type, call.id), Number(paged.after ?? Infinity));
  const asked = `${call.type}/${call.id}`;
  const page = await exchange.disclosure.page(call, 'history-instance', { asked, records }, count);
  if (page.disclosed.length === 0 && count > 0) throw notFound();
  const links = linksOf(call, exchange, route, paged, page.after);
  return { status: 200, body: historyBundle(page.disclosed, links, exchange.base()) };
}

/** Newest first, so a page goes on with the versions below the last one shown; their number is the cursor. */
async function* below(versions: AsyncIterable<Stored>, version: number): AsyncIterable<Stored> {
  for await (const stored of versions)
    if (stored.version < version) yield { ...stored, cursor: String(stored.version) };
}
