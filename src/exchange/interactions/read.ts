// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../../fhir/outcome.ts';
import { type Answer, type Call, type Exchange, isId, mustAllow, notFound } from '../call.ts';
import type { Disclosed } from '../disclose.ts';
import { versionTag } from '../http/send.ts';
import type { Definition } from '../interaction.ts';
import { readRecord } from '../record.ts';

export const definition: Definition = {
  interactions: ['read'],
  level: 'type',
  routes: [{ method: 'get', path: '/:type/:id' }],
};

export async function handle(call: Call, exchange: Exchange): Promise<Answer> {
  mustAllow(call, call.type, 'r');
  if (!isId(call.id)) throw notFound();
  const found = await readRecord(call, exchange, call.type, call.id);
  const disclosed = await exchange.disclosure.one(call, 'read', `${call.type}/${call.id}`, found);
  return answerWith(call, disclosed);
}

/** Of a single record. Also "not modified" and "gone" say that it exists, so they come after the permit. */
export function answerWith(call: Call, disclosed: Disclosed | undefined): Answer {
  if (!disclosed) throw notFound();
  if (disclosed.deleted) throw FhirError.of(410, 'deleted', 'the resource was deleted');
  const version = { etag: versionTag(disclosed.version), lastModified: disclosed.updated };
  if (isUnchanged(call, disclosed)) return { status: 304, ...version };
  return { status: 200, ...version, body: disclosed.text };
}

/** RFC 9110 §13.1.3: If-Modified-Since counts only without If-None-Match, and knows whole seconds. */
function isUnchanged(call: Call, { version, updated }: Disclosed): boolean {
  const tags = call.headers['if-none-match'];
  if (tags !== undefined) {
    return tags
      .split(',')
      .some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === `"${version}"`);
  }
  const since = Date.parse(call.headers['if-modified-since'] ?? '');
  return Number.isFinite(since) && Math.floor(Date.parse(updated) / 1000) * 1000 <= since;
}
