// SPDX-License-Identifier: Apache-2.0
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { FhirError } from '../fhir/outcome.ts';

/** Where a search, a history or an `$everything` goes on: what was asked, and the place. */
export interface Continuation {
  /** `Type?…`, or the path of a history or an operation. */
  readonly route: string;
  readonly params: readonly (readonly [string, string])[];
  readonly after: string;
}

export interface Cursors {
  seal(continuation: Continuation, client: string): string;
  /** Throws FhirError 400 for what isn't ours, was changed, or belongs to another client or route. */
  open(cursor: string, route: string, client: string): Continuation;
}

/** Longer queries can't be put into a `next` link that every client and proxy takes. */
export const MAX_QUERY_CHARS = 4_000;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A `next` link holds the query and the place in it, sealed: searched values stay out of URLs and proxies' logs, the place (which may be
 * that of a record the client can't see) stays unread, and neither can be changed. It proves nothing: each page asks for consent anew.
 */
export function openCursors(secret: Uint8Array): Cursors {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'mooring page cursor v1', 32));
  return {
    seal(continuation, client) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound(continuation.route, client));
      const text = JSON.stringify([continuation.params, continuation.after]);
      return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString(
        'base64url',
      );
    },
    open(cursor, route, client) {
      try {
        const bytes = Buffer.from(cursor, 'base64url');
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(bound(route, client))
          .setAuthTag(bytes.subarray(-TAG_BYTES));
        const text = Buffer.concat([
          decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)),
          decipher.final(),
        ]);
        const [params, after] = JSON.parse(text.toString()) as [[string, string][], string];
        return { route, params, after };
      } catch {
        throw FhirError.of(
          400,
          'value',
          'the page link is not one of this client and search: start the search again',
        );
      }
    },
  };
}

function bound(route: string, client: string): Buffer {
  return Buffer.from(JSON.stringify([route, client]));
}
