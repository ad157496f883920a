// SPDX-License-Identifier: Apache-2.0
import { createHmac } from 'node:crypto';

/**
 * What the index keeps of a search token: 64 bits of its keyed hash, which tell nothing without the organization's secret.
 * Two tokens may share it, once in billions: whoever finds by it looks at the content again.
 */
export function blindToken(secret: Uint8Array, token: string): bigint {
  return createHmac('sha256', secret).update(token).digest().readBigInt64BE(0);
}

const MAX_REMEMBERED = 20_000;

/** The same, remembering the tokens that come again and again. */
export function openBlinder(secret: Uint8Array): (token: string) => bigint {
  const remembered = new Map<string, bigint>();
  return (token) => {
    const known = remembered.get(token);
    if (known !== undefined) return known;
    const blind = blindToken(secret, token);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(token, blind);
    return blind;
  };
}
