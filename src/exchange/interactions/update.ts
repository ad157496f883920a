// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../../fhir/outcome.ts';
import { readCondition } from '../../fhir/search/condition.ts';
import { type Answer, type Call, type Exchange, isId, mustAllow } from '../call.ts';
import type { Definition } from '../interaction.ts';
import { answerWritten, ifMatchOf, readResource, writeOne } from '../writing.ts';

export const definition: Definition = {
  interactions: ['update'],
  level: 'type',
  routes: [
    { method: 'put', path: '/:type/:id', body: 'resource' },
    { method: 'put', path: '/:type', body: 'resource' },
  ],
};

/** An id that isn't there yet is created (FHIR R4 §3.1.0.7.1), for the organization's own clients. */
export async function handle(call: Call, exchange: Exchange): Promise<Answer> {
  mustAllow(call, call.type, 'u');
  const resource = readResource(call, exchange);
  if (call.id !== '' && (resource.id !== call.id || !isId(call.id))) {
    throw FhirError.of(400, 'value', `${call.type}.id: expected the id of the URL`, `${call.type}.id`);
  }
  const result = await writeOne(call, exchange, {
    op: 'update',
    resource,
    ...ifMatchOf(call),
    ...conditionOf(call),
  });
  return answerWritten(call, exchange, result);
}

/** `PUT Patient?identifier=…` (FHIR R4 §3.1.0.7.2). */
function conditionOf(call: Call): { where?: ReturnType<typeof readCondition> } {
  if (call.id !== '') return {};
  const query = new URLSearchParams(
    call.params.map(([name, value]): [string, string] => [name, value]),
  ).toString();
  return { where: readCondition(call.type, query, 'URL') };
}
