// SPDX-License-Identifier: Apache-2.0
import { SERIALIZED_IDENTITY, SIGNATURE_HEADER } from './messages.ts';
import { readMessage, textOf } from './wire.ts';

/** Who signed, as they say themselves: nothing of it is checked here. */
export interface FabricSigner {
  readonly mspId: string;
  /** PEM. */
  readonly certificate: string;
}

/** Who, as its bytes too, and the nonce that made the transaction id. Throws BlockError. */
export function readSigner(signatureHeader: Uint8Array): {
  readonly signer: FabricSigner;
  readonly creator: Uint8Array;
  readonly nonce: Uint8Array;
} {
  const { creator, nonce } = readMessage(signatureHeader, 'signature header', SIGNATURE_HEADER);
  return { signer: readIdentity(creator), creator, nonce };
}

/** Throws BlockError. */
export function readIdentity(bytes: Uint8Array): FabricSigner {
  const { mspId, certificate } = readMessage(bytes, 'identity', SERIALIZED_IDENTITY);
  return {
    mspId: textOf(mspId, 'name of an organization'),
    certificate: Buffer.from(certificate).toString('utf8'),
  };
}
