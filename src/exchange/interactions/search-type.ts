// SPDX-License-Identifier: Apache-2.0
import { FhirError, type Issue } from '../../fhir/outcome.ts';
import { patientsOf } from '../../fhir/search/compartment.ts';
import { type ParsedSearch, parseSearch } from '../../fhir/search/parse.ts';
import type { Stored } from '../../store/store.ts';
import { searchset } from '../bundle.ts';
import { type Answer, type Call, type Exchange, mustAllow, preference, requesterOf } from '../call.ts';
import { unanswerable } from '../disclose.ts';
import type { Definition } from '../interaction.ts';
import { linksOf, pagedRequest } from '../paging.ts';
import { isDamage } from '../record.ts';

export const definition: Definition = {
  interactions: ['search-type'],
  level: 'type',
  routes: [
    { method: 'get', path: '/:type' },
    { method: 'post', path: '/:type/_search', body: 'form' },
  ],
};

/** So many records that a search was after, but the caller may not see, are named in the AuditEvents of its denial. */
const MAX_DENIED = 25;

export async function handle(call: Call, exchange: Exchange): Promise<Answer> {
  mustAllow(call, call.type, 's');
  const asked = Array.isArray(call.body)
    ? { ...call, params: [...call.params, ...(call.body as [string, string][])] }
    : call;
  const paged = pagedRequest(asked, exchange, call.type);
  const parsed = parseSearch(call.type, paged.params, exchange.base());
  const warnings = ignoredParameters(asked, parsed);
  const patients = await exchange.consent.patients(requesterOf(call)).catch(unanswerable);
  const search = patients === 'all' ? parsed.search : { ...parsed.search, patients };
  const records = exchange.store.search(search, paged.after);
  const [page] = await Promise.all([
    exchange.disclosure.page(call, 'search-type', { asked: call.type, records, search }, parsed.count),
    patients === 'all' || paged.after !== undefined
      ? undefined
      : recordDenied(call, exchange, parsed, patients),
  ]);
  const links = linksOf(asked, exchange, call.type, paged, page.after);
  return { status: 200, body: searchset(page.disclosed, links, exchange.base(), warnings) };
}

/**
 * The search itself looks only where the caller may see something. What it was after elsewhere is a denial all the same, and the patients
 * concerned are entitled to find it in their record of accesses.
 */
async function recordDenied(
  call: Call,
  exchange: Exchange,
  { search }: ParsedSearch,
  visible: readonly string[],
): Promise<void> {
  if (search.where.length === 0) return;
  const elsewhere = beyond(exchange.store.search(search), new Set(visible));
  try {
    await exchange.disclosure.denied(call, 'search-type', elsewhere, MAX_DENIED);
  } catch (error) {
    // A failure over a record that the caller may not see would tell that there is one.
    if (!isDamage(error)) throw error;
    exchange.logger.warn(
      { code: (error as { code?: string }).code },
      'a search met content that can not be opened',
    );
  }
}

async function* beyond(found: AsyncIterable<Stored>, visible: ReadonlySet<string>): AsyncIterable<Stored> {
  let examined = 0;
  for await (const stored of found) {
    if (!patientsOf(stored.resource).some((patient) => visible.has(patient))) yield stored;
    if (++examined >= MAX_DENIED * 4) return;
  }
}

/** FHIR R4 §3.1.1.1.1: what we don't know is left out with a warning, or refused when the client asks for strictness. */
function ignoredParameters(call: Call, parsed: ParsedSearch): Issue[] {
  const ignored = [
    ...parsed.ignored,
    ...(parsed.summary === undefined || parsed.summary === 'false' ? [] : ['_summary']),
    ...(parsed.elements === undefined ? [] : ['_elements']),
  ].map((name) => (/^[\w:.-]{1,64}$/.test(name) ? name : '(unreadable)'));
  const issues = [...new Set(ignored)].slice(0, 20).map(
    (name): Issue => ({
      severity: 'warning',
      code: 'not-supported',
      diagnostics: `search parameter ${name} is not supported for ${call.type} and was left out`,
    }),
  );
  if (issues.length > 0 && preference(call, 'handling') === 'strict') {
    throw new FhirError(
      400,
      issues.map((issue) => ({ ...issue, severity: 'error' })),
    );
  }
  return issues;
}
