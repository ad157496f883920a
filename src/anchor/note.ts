// SPDX-License-Identifier: Apache-2.0
import { fromBase64, toBase64 } from './base64.ts';
import { AnchorError } from './errors.ts';
import type { Signer, Verifier } from './keys.ts';
import { isKeyName } from './keys.ts';

/** The specification wants at least 16 signatures accepted, of up to 5 kB each. */
const MAX_SIGNATURES = 32;
const MAX_NOTE_CHARS = 256 * 1024;
const KEY_ID_BYTES = 4;
const SIGNATURE_LINE = /^\u2014 ([^ ]+) ([^ ]+)$/u;

export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
}

/** A note as it was read; nobody has checked a signature yet, and the text means nothing until somebody does. */
export interface UnverifiedNote {
  /** Ends in a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** C2SP signed-note: the text, an empty line, a line for the signature. */
export function signNote(text: string, signer: Signer): string {
  assertText(text);
  const signature = Buffer.concat([Buffer.from(signer.keyId, 'hex'), signer.sign(Buffer.from(text, 'utf8'))]);
  return `${text}\n\u2014 ${signer.name} ${toBase64(signature)}\n`;
}

/** Takes a note apart, strictly. Throws AnchorError('NOTE_MALFORMED'). */
export function parseNoteUnsafe(note: string): UnverifiedNote {
  if (note.length > MAX_NOTE_CHARS) throw malformed(`the note has more than ${MAX_NOTE_CHARS} characters`);
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) throw malformed('the note has no empty line before its signatures');
  const text = note.slice(0, split + 1);
  assertText(text);
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw malformed(`the note has more than ${MAX_SIGNATURES} signatures`);
  return { text, signatures: lines.map(parseSignature) };
}

/**
 * The text of the note, once one of the verifiers has been found to have signed it. Signatures of unknown keys are passed over; a wrong
 * one of a known key condemns the note, whatever the others say.
 */
export function openNote(
  note: string,
  verifiers: readonly Verifier[],
): { text: string; signedBy: Verifier[] } {
  const { text, signatures } = parseNoteUnsafe(note);
  const bytes = Buffer.from(text, 'utf8');
  const signedBy: Verifier[] = [];
  for (const { name, keyId, signature } of signatures) {
    const known = verifiers.find((verifier) => verifier.name === name && verifier.keyId === keyId);
    if (!known) continue;
    if (!known.verify(bytes, signature))
      throw new AnchorError('SIGNATURE_WRONG', `the signature of ${name} (key ${keyId}) is wrong`);
    signedBy.push(known);
  }
  if (signedBy.length === 0) throw new AnchorError('NOT_SIGNED', 'no trusted key has signed');
  return { text, signedBy };
}

function parseSignature(line: string): NoteSignature {
  const [, name = '', encoded] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = fromBase64(encoded);
  if (!isKeyName(name) || !bytes || bytes.length <= KEY_ID_BYTES)
    throw malformed('a signature line is not: dash, key name, base64');
  return {
    name,
    keyId: Buffer.from(bytes.subarray(0, KEY_ID_BYTES)).toString('hex'),
    signature: bytes.subarray(KEY_ID_BYTES),
  };
}

function assertText(text: string): void {
  if (!text.endsWith('\n')) throw malformed('the text of a note ends in a newline');
  // Control characters but the newline are forbidden, and half a surrogate pair has no UTF-8.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u0009\u000b-\u001f\p{Surrogate}]/u.test(text))
    throw malformed('the text of a note has a forbidden character');
}

function malformed(message: string): AnchorError {
  return new AnchorError('NOTE_MALFORMED', message);
}
