// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../../fhir/outcome.ts';
import { isAboutPatients, patientsOf } from '../../fhir/search/compartment.ts';
import { MAX_COUNT } from '../../fhir/search/parse.ts';
import type { Stored } from '../../store/store.ts';
import { allows } from '../auth/scopes.ts';
import { searchset } from '../bundle.ts';
import { type Answer, type Call, type Exchange, isId, mustAllow, notFound, TYPES } from '../call.ts';
import type { Definition } from '../interaction.ts';
import { countOf, linksOf, pagedRequest } from '../paging.ts';
import { readRecord } from '../record.ts';

export const definition: Definition = {
  operation: 'everything',
  url: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
  types: ['Patient'],
  routes: [
    { method: 'get', path: '/Patient/:id/$everything' },
    { method: 'post', path: '/Patient/:id/$everything' },
  ],
};

const USUAL_COUNT = 100;

/** The patient, and every record of the patient's that the caller may see, type by type and page by page. */
export async function handle(call: Call, exchange: Exchange): Promise<Answer> {
  mustAllow(call, 'Patient', 'r');
  if (!isId(call.id)) throw notFound();
  const route = `Patient/${call.id}/$everything`;
  const paged = pagedRequest(call, exchange, route);
  const count = countOf(paged.params, USUAL_COUNT, MAX_COUNT);
  const types = typesOf(call, paged.params);
  if (paged.after === undefined && !(await maySeePatient(call, exchange))) throw notFound();
  const records = compartment(exchange, call.id, types, paged.after);
  const asked = `Patient/${call.id}`;
  const page = await exchange.disclosure.page(call, '$everything', { asked, records }, count);
  const links = linksOf(call, exchange, route, paged, page.after);
  return { status: 200, body: searchset(page.disclosed, links, exchange.base()) };
}

/** Without the Patient itself there is no operation on it, and no way to tell why. */
async function maySeePatient(call: Call, exchange: Exchange): Promise<boolean> {
  const patient = await readRecord(call, exchange, 'Patient', call.id);
  const disclosed = await exchange.disclosure.one(call, '$everything', `Patient/${call.id}`, patient);
  return disclosed !== undefined && !disclosed.deleted;
}

/**
 * The types that the scopes reach. AuditEvents are left out unless `_type` asks for them: they are about the records, each page of this
 * very operation makes new ones, and it would never end.
 */
function typesOf(call: Call, params: Call['params']): readonly string[] {
  const named = params.filter(([name]) => name === '_type').flatMap(([, value]) => value.split(','));
  for (const type of named) {
    if (!TYPES.includes(type))
      throw FhirError.of(
        400,
        'value',
        'search parameter _type: expected resource types that this bridge keeps',
      );
  }
  const wanted =
    named.length > 0 ? named : TYPES.filter((type) => isAboutPatients(type) && type !== 'AuditEvent');
  const others = wanted.filter((type) => type !== 'Patient' && allows(call.grant.scopes, type, 'r'));
  return ['Patient', ...new Set(others)];
}

/** One type after the other; the cursor says which, and where in it. Oldest first, so that what is written meanwhile comes at the end. */
async function* compartment(
  exchange: Exchange,
  patient: string,
  types: readonly string[],
  after: string | undefined,
): AsyncIterable<Stored> {
  const [current = types[0]!, place] = after?.split(' ') ?? [];
  const start = Math.max(types.indexOf(current), 0);
  for (const [index, type] of types.slice(start).entries()) {
    const where = type === 'Patient' ? [{ kind: 'id', anyOf: [patient] } as const] : [];
    const search = { type, where, sort: { by: 'updated', descending: false }, patients: [patient] } as const;
    for await (const stored of exchange.store.search(search, index === 0 ? place : undefined)) {
      // The search also finds what is in nobody's compartment.
      if (patientsOf(stored.resource).includes(patient))
        yield { ...stored, cursor: `${type} ${stored.cursor}` };
    }
  }
}
