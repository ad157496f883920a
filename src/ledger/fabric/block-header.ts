// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** What the hash and the signatures of a block cover. */
export interface FabricHeader {
  readonly number: bigint;
  readonly previousHash: Uint8Array;
  readonly dataHash: Uint8Array;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const OCTET_STRING = 0x04;

/** Fabric hashes and signs a header as ASN.1 in DER: `SEQUENCE { number INTEGER, previousHash OCTET STRING, dataHash OCTET STRING }`. */
export function headerBytes({ number, previousHash, dataHash }: FabricHeader): Buffer {
  return der(
    SEQUENCE,
    Buffer.concat([
      der(INTEGER, integer(number)),
      der(OCTET_STRING, previousHash),
      der(OCTET_STRING, dataHash),
    ]),
  );
}

export function headerHash(header: FabricHeader): Buffer {
  return createHash('sha256').update(headerBytes(header)).digest();
}

/** One SHA-256 over all envelopes, one after the other. */
export function dataHashOf(envelopes: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const envelope of envelopes) hash.update(envelope);
  return hash.digest();
}

/** X.690 §8.3: as few bytes as show the number, with a zero before what would read as negative. */
function integer(number: bigint): Buffer {
  const hex = number.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]);
}

/** Lengths here stay below 128 bytes, each in one byte (X.690 §8.1.3.4): a number has 9, hashes are checked to have 32. */
function der(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(tag, content.length), content]);
}
