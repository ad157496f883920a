// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, verify } from 'node:crypto';
import { hashNode } from '@mooring/chaincode/merkle';
import type { TrustedEmbeddedLedger } from '../trust.ts';
import { headerBytes } from './header.ts';
import { leafHash } from './tree.ts';

/** What the evidence must show: that this checkpoint was committed. `root` in base64. */
export interface ExpectedCheckpoint {
  readonly origin: string;
  readonly size: string;
  readonly root: string;
}

export type EvidenceVerdict =
  | {
      readonly ok: true;
      readonly detail: string;
      readonly blockNumber: string;
      readonly transactionId: string;
    }
  | { readonly ok: false; readonly reason: string };

/** A block has at most 2^32 transactions. */
const MAX_PATH_STEPS = 32;

/**
 * Does the evidence show that the ledger with this key has a block with the transaction that committed this checkpoint?
 * Needs nothing but its arguments; the evidence may come from anyone.
 */
export function verifyEmbeddedEvidence(
  evidence: unknown,
  { publicKey }: TrustedEmbeddedLedger,
  expected: ExpectedCheckpoint,
): EvidenceVerdict {
  const read = readEvidence(evidence);
  if (!read) return { ok: false, reason: 'the ledger evidence is not in the form of the embedded ledger' };
  let hash = leafHash(read.transaction);
  for (const step of read.path)
    hash = step.side === 'left' ? hashNode(step.hash, hash) : hashNode(hash, step.hash);
  if (!read.dataHash.equals(hash)) return { ok: false, reason: 'the transaction is not in the block' };
  if (!isSigned(read, Buffer.from(publicKey, 'base64')))
    return { ok: false, reason: 'the block is not signed with the trusted ledger key' };
  return verifyTransaction(read, expected);
}

interface ReadEvidence {
  readonly number: bigint;
  readonly previousHash: Buffer;
  readonly dataHash: Buffer;
  readonly signature: Buffer;
  readonly transaction: string;
  readonly path: readonly { readonly side: 'left' | 'right'; readonly hash: Buffer }[];
}

function readEvidence(value: unknown): ReadEvidence | undefined {
  const { kind, blockNumber, transaction, path, ...rest } = objectOf(value);
  const previousHash = bytesOf(rest['previousHash'], 32);
  const dataHash = bytesOf(rest['dataHash'], 32);
  const signature = bytesOf(rest['signature'], 64);
  if (kind !== 'embedded' || typeof transaction !== 'string' || !previousHash || !dataHash || !signature)
    return undefined;
  if (typeof blockNumber !== 'string' || !/^(0|[1-9]\d{0,18})$/.test(blockNumber)) return undefined;
  if (!Array.isArray(path) || path.length > MAX_PATH_STEPS) return undefined;
  const steps = path.flatMap((step: unknown) => {
    const { side, hash } = objectOf(step);
    const read = bytesOf(hash, 32);
    return read && (side === 'left' || side === 'right') ? [{ side, hash: read } as const] : [];
  });
  if (steps.length !== path.length) return undefined;
  return { number: BigInt(blockNumber), previousHash, dataHash, signature, transaction, path: steps };
}

function isSigned(block: ReadEvidence, publicKeyRaw: Uint8Array): boolean {
  try {
    const x = Buffer.from(publicKeyRaw).toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, headerBytes(block), key, block.signature);
  } catch {
    // The trusted key comes from a file: one that is none verifies nothing.
    return false;
  }
}

function verifyTransaction(
  { transaction, number }: ReadEvidence,
  expected: ExpectedCheckpoint,
): EvidenceVerdict {
  let parsed: unknown;
  try {
    parsed = JSON.parse(transaction);
  } catch {
    return { ok: false, reason: 'the transaction is no JSON' };
  }
  const { id, contract, name, args } = objectOf(parsed);
  if (typeof id !== 'string' || contract !== 'records' || name !== 'Checkpoint' || !Array.isArray(args))
    return { ok: false, reason: 'the transaction commits no checkpoint' };
  const [origin, size, root] = args as unknown[];
  if (origin !== expected.origin) return { ok: false, reason: 'the transaction is about another log' };
  if (size !== expected.size || root !== expected.root)
    return { ok: false, reason: 'the transaction commits another checkpoint' };
  const blockNumber = number.toString();
  return { ok: true, detail: `in block ${blockNumber}, transaction ${id}`, blockNumber, transactionId: id };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function bytesOf(value: unknown, length: number): Buffer | undefined {
  if (typeof value !== 'string') return undefined;
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === length && bytes.toString('base64') === value ? bytes : undefined;
}
