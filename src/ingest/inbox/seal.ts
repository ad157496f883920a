// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import * as gcm from '../../store/keys/seal.ts';
import { InboxError } from './errors.ts';

/** What a sealed text is; bound to it, so that none can be put in another's place. */
export type Part = 'message' | 'answer';

export const newContentKey = (): Buffer => randomBytes(gcm.KEY_BYTES);

/** The context under which a message's content key is wrapped. */
export const keyContext = (id: string): string => `inbox/${id}`;

export function seal(key: Uint8Array, id: string, part: Part, content: Uint8Array): Buffer {
  return gcm.seal(key, content, `inbox/${id}/${part}`);
}

/** Throws InboxError('CONTENT_DAMAGED') when anything was changed. */
export function unseal(key: Uint8Array, id: string, part: Part, sealed: Uint8Array): Buffer {
  const content = gcm.unseal(key, sealed, `inbox/${id}/${part}`);
  if (!content) throw new InboxError('CONTENT_DAMAGED', `the ${part} of inbox message ${id} does not open`);
  return content;
}
