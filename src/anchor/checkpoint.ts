// SPDX-License-Identifier: Apache-2.0
import { fromBase64, toBase64 } from './base64.ts';
import { AnchorError } from './errors.ts';
import type { Signer, Verifier } from './keys.ts';
import { openNote, signNote } from './note.ts';

/** C2SP tlog-checkpoint: what a log says of itself at one size. */
export interface TreeHead {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Uint8Array;
}

const MAX_SIZE = 0x7fff_ffff_ffff_ffffn;

export function signCheckpoint(head: TreeHead, signer: Signer): string {
  return signNote(`${head.origin}\n${head.size}\n${toBase64(head.root)}\n`, signer);
}

/**
 * Reads a signed checkpoint. It must be signed by a verifier that is named as the log is: a key that is trusted for one log can't speak
 * for another. Throws AnchorError.
 */
export function openCheckpoint(note: string, verifiers: readonly Verifier[]): TreeHead {
  const { text, signedBy } = openNote(note, verifiers);
  const head = parseTreeHead(text);
  if (!signedBy.some(({ name }) => name === head.origin))
    throw new AnchorError('NOT_SIGNED', `no trusted key of ${head.origin} has signed`);
  return head;
}

/** Reads the text of a checkpoint. Whether somebody signed it is another question. */
export function parseTreeHead(text: string): TreeHead {
  const [origin, sizeText, rootText, ...rest] = text.split('\n');
  const root = fromBase64(rootText, 32);
  // The text ends in a newline, so that the last part is empty; lines of extensions aren't.
  if (!origin || sizeText === undefined || !root || rest.pop() !== '' || rest.includes(''))
    throw new AnchorError('CHECKPOINT_MALFORMED', 'a checkpoint has the lines origin, size and root');
  const size = parseDecimal(sizeText);
  if (size === undefined)
    throw new AnchorError('CHECKPOINT_MALFORMED', 'the size of a checkpoint is a decimal number');
  return { origin, size, root };
}

/** ASCII digits without leading zeros, within 63 bits; `undefined` for anything else. */
export function parseDecimal(text: string): bigint | undefined {
  if (!/^(0|[1-9][0-9]{0,18})$/.test(text)) return undefined;
  const number = BigInt(text);
  return number <= MAX_SIZE ? number : undefined;
}
