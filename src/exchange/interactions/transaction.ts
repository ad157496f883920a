// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../../fhir/outcome.ts';
import { localReferences } from '../../fhir/references.ts';
import type { Resource } from '../../fhir/resource.ts';
import { readBundle } from '../../ingest/fhir-transaction.ts';
import type { Answer, Call, Exchange } from '../call.ts';
import type { Definition } from '../interaction.ts';
import { runBatch } from '../steps/batch.ts';
import { runTransaction } from '../steps/transaction.ts';
import { mustBeValid } from '../writing.ts';

export const definition: Definition = {
  interactions: ['transaction', 'batch'],
  level: 'system',
  routes: [{ method: 'post', path: '/', body: 'resource' }],
};

/** `POST /fhir`: a Bundle of changes and questions, all or nothing (transaction) or each by itself (batch). */
export async function handle(call: Call, exchange: Exchange): Promise<Answer> {
  const bundle = call.body as Resource | null | undefined;
  if (bundle?.resourceType !== 'Bundle') throw FhirError.of(400, 'value', 'expected a Bundle', 'Bundle');
  // In a batch one bad entry is that entry's own affair.
  if (bundle['type'] !== 'batch') mustBeValid(bundle);
  const { mode, entries } = readBundle(localReferences(bundle, exchange.base()), exchange.base());
  return mode === 'transaction' ? runTransaction(call, exchange, entries) : runBatch(call, exchange, entries);
}
