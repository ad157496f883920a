// SPDX-License-Identifier: Apache-2.0
import { type Answer, type Call, type Exchange, isId, mustAllow, notFound } from '../call.ts';
import type { Definition } from '../interaction.ts';
import { readRecord } from '../record.ts';
import { answerWith } from './read.ts';

export const definition: Definition = {
  interactions: ['vread'],
  level: 'type',
  routes: [{ method: 'get', path: '/:type/:id/_history/:version' }],
};

export async function handle(call: Call, exchange: Exchange): Promise<Answer> {
  mustAllow(call, call.type, 'r');
  const version = versionOf(call);
  if (!isId(call.id) || version === undefined) throw notFound();
  const found = await readRecord(call, exchange, call.type, call.id, version);
  const asked = `${call.type}/${call.id}/_history/${version}`;
  return answerWith(call, await exchange.disclosure.one(call, 'vread', asked, found));
}

/** Versions are counted from 1; anything else names none. */
export function versionOf(call: Call): number | undefined {
  return /^[1-9]\d{0,8}$/.test(call.version) ? Number(call.version) : undefined;
}
