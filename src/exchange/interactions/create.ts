// SPDX-License-Identifier: Apache-2.0
import { readCondition } from '../../fhir/search/condition.ts';
import { type Answer, type Call, type Exchange, mustAllow } from '../call.ts';
import type { Definition } from '../interaction.ts';
import { answerWritten, readResource, writeOne } from '../writing.ts';

export const definition: Definition = {
  interactions: ['create'],
  level: 'type',
  routes: [{ method: 'post', path: '/:type', body: 'resource' }],
};

export async function handle(call: Call, exchange: Exchange): Promise<Answer> {
  mustAllow(call, call.type, 'c');
  const resource = readResource(call, exchange);
  // FHIR R4 §3.1.0.8: the server chooses the id, whatever the client wrote.
  delete resource.id;
  const result = await writeOne(call, exchange, { op: 'create', resource, ...conditionOf(call) });
  return answerWritten(call, exchange, result);
}

/** `If-None-Exist: identifier=…` (FHIR R4 §3.1.0.8.1); some clients write it with the type in front. */
function conditionOf(call: Call): { ifNoneExist?: ReturnType<typeof readCondition> } {
  const condition = call.headers['if-none-exist'];
  if (condition === undefined) return {};
  return { ifNoneExist: readCondition(call.type, condition.replace(/^[^?]*\?/, ''), 'If-None-Exist') };
}
