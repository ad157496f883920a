// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { StoreError } from '../errors.ts';
import { KEY_BYTES, seal, unseal } from './seal.ts';

export interface Sealed {
  /** Encrypted under a key of its own, so that releasing one version releases nothing else. */
  readonly content: Uint8Array;
  /** That key, wrapped by the patient's. */
  readonly contentKey: Uint8Array;
}

/** Seals the content of one version; `record` is its `type/id/version` and bound to both layers. */
export function sealContent(patientKey: Uint8Array, plain: Uint8Array, record: string): Sealed {
  const contentKey = randomBytes(KEY_BYTES);
  return {
    content: seal(contentKey, plain, contentContext(record)),
    contentKey: seal(patientKey, contentKey, keyContext(record)),
  };
}

/** Throws StoreError('CONTENT_DAMAGED') when anything is not as it was sealed. */
export function openContent(patientKey: Uint8Array, sealed: Sealed, record: string): Uint8Array {
  const contentKey = unseal(patientKey, sealed.contentKey, keyContext(record));
  if (!contentKey) throw new StoreError('CONTENT_DAMAGED', `the content key of ${record} can't be opened`);
  const plain = unseal(contentKey, sealed.content, contentContext(record));
  if (!plain) throw new StoreError('CONTENT_DAMAGED', `the content of ${record} can't be opened`);
  return plain;
}

// Two words, so that a wrapped key can't be passed off as content or the other way round.
const contentContext = (record: string) => `content ${record}`;
const keyContext = (record: string) => `key ${record}`;
