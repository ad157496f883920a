// SPDX-License-Identifier: Apache-2.0
import { fromBase64, toBase64 } from './base64.ts';
import { parseDecimal } from './checkpoint.ts';
import { AnchorError } from './errors.ts';

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
/** RFC 6962 §2.1.1: at most one hash a level, and sizes have 63 bits. */
const MAX_HASHES = 63;
const MAX_EXTRA_CHARS = 64 * 1024;

/** C2SP tlog-proof: a leaf's place in a log, the way up from it, and the checkpoint that it leads to. */
export interface TlogProof {
  readonly index: bigint;
  readonly hashes: readonly Uint8Array[];
  /** The signed note, as it is. */
  readonly checkpoint: string;
}

export function printTlogProof({ index, hashes, checkpoint }: TlogProof): string {
  return [FIRST_LINE, `index ${index}`, ...hashes.map(toBase64), '', checkpoint].join('\n');
}

/** Takes a proof apart, strictly; nothing in it has been checked yet. The `extra` line is passed over: nobody has signed it. */
export function parseTlogProof(text: string): TlogProof {
  const split = text.indexOf('\n\n');
  if (split < 0) throw malformed('the proof has no checkpoint');
  if (split > MAX_EXTRA_CHARS + (MAX_HASHES + 2) * 64) throw malformed('the proof is too long');
  const [first, ...lines] = text.slice(0, split).split('\n');
  if (first !== FIRST_LINE) throw malformed(`the proof does not begin with ${FIRST_LINE}`);
  if (lines[0]?.startsWith('extra ')) assertExtra(lines.shift() as string);
  const index = parseDecimal(/^index (.*)$/.exec(lines.shift() ?? '')?.[1] ?? '');
  if (index === undefined) throw malformed('the proof has no index');
  if (lines.length > MAX_HASHES) throw malformed(`the proof has more than ${MAX_HASHES} hashes`);
  return { index, hashes: lines.map(parseHash), checkpoint: text.slice(split + 2) };
}

function assertExtra(line: string): void {
  if (!fromBase64(line.slice('extra '.length))) throw malformed('the extra data are not in base64');
}

function parseHash(line: string): Uint8Array {
  const hash = fromBase64(line, 32);
  if (!hash) throw malformed('a hash of the proof is not 32 bytes in base64');
  return hash;
}

function malformed(message: string): AnchorError {
  return new AnchorError('PROOF_MALFORMED', message);
}
