// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../fhir/outcome.ts';
import type { Stored } from '../store/store.ts';
import { type Call, type Exchange, isOwn, notFound } from './call.ts';

/**
 * One record as the store has it, for `disclose` to decide about. What can't be opened can't be decided about: its keeper is told to ask
 * `$verify`, and to everyone else it isn't there, for a failure would say that it is.
 */
export async function readRecord(
  call: Call,
  exchange: Exchange,
  type: string,
  id: string,
  version?: number,
): Promise<Stored | undefined> {
  try {
    return await exchange.store.read(type, id, version);
  } catch (error) {
    if (!isDamage(error)) throw error;
    if (!isOwn(call, exchange)) throw notFound();
    throw new FhirError(500, [{ severity: 'fatal', code: 'exception', diagnostics: DAMAGED }], {
      cause: error,
    });
  }
}

const DAMAGED =
  'what is stored is not what was sealed, or its key is gone; $verify says what is wrong with it';

/** The store's words for content that was changed or whose key was destroyed. */
export function isDamage(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'CONTENT_DAMAGED' || code === 'KEY_MISSING';
}
