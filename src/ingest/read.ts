// SPDX-License-Identifier: Apache-2.0
import type { Normalizer } from '../normalize/convert.ts';
import { type CharsetOverrides, type Reading, readBytes } from './hl7/charset.ts';

/** A normalizer whose site files set the character sets of senders has them here. */
export type ReadsFor = Normalizer & { readonly charsets?: CharsetOverrides };

/** Reads a message that the normalizer is to convert, in the character set that its site files set for the sender. Throws only Hl7Error. */
export function readFor({ charsets }: ReadsFor, bytes: Uint8Array): Reading {
  return readBytes(bytes, charsets ? { overrides: charsets } : {});
}
