// SPDX-License-Identifier: Apache-2.0
import { type Answer, type Call, type Exchange, isId, mustAllow, notFound } from '../call.ts';
import { versionTag } from '../http/send.ts';
import type { Definition } from '../interaction.ts';
import { ifMatchOf, writeOne } from '../writing.ts';

export const definition: Definition = {
  interactions: ['delete'],
  level: 'type',
  routes: [{ method: 'delete', path: '/:type/:id' }],
};

/** The versions stay, in the log and for whoever may see them; the resource is no longer found. */
export async function handle(call: Call, exchange: Exchange): Promise<Answer> {
  mustAllow(call, call.type, 'd');
  if (!isId(call.id)) throw notFound();
  const { stored } = await writeOne(call, exchange, {
    op: 'delete',
    type: call.type,
    id: call.id,
    ...ifMatchOf(call),
  });
  return { status: 204, etag: versionTag(stored.version) };
}
