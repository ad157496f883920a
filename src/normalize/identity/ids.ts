// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';

/** The id of a resource by its key: the same key always gives the same id, and without the secret nobody can tell which. */
export type Ids = (key: string) => string;

/** Doctors, wards and patients come again and again. */
const MAX_REMEMBERED = 20_000;

/** Ids by HMAC-SHA-256, the latest of them remembered. */
export function openIds(secret: Uint8Array): Ids {
  const known = new Map<string, string>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const id = uuidOf(createHmac('sha256', secret).update(key).digest());
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(key, id);
    return id;
  };
}

/** RFC 9562 §5.8: version 8, the bits are our own. */
function uuidOf(digest: Buffer): string {
  digest[6] = (digest[6]! & 0x0f) | 0x80;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  const hex = digest.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
