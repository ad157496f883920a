// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import * as digest from 'multiformats/hashes/digest';

const SHA2_256 = 0x12;

/** The name of a ciphertext by its bytes, wherever it is kept: CID v1, raw, sha2-256. */
export function contentAddress(ciphertext: Uint8Array): string {
  const hash = createHash('sha256').update(ciphertext).digest();
  return CID.createV1(raw.code, digest.create(SHA2_256, hash)).toString();
}
