// SPDX-License-Identifier: Apache-2.0
import { hashLeaf, MerkleError, verifyInclusion } from '@mooring/chaincode/merkle';
import { canonicalize } from '../fhir/canonical.ts';
import { type Ledger, LedgerError } from '../ledger/ledger.ts';
import { StoreError } from '../store/errors.ts';
import type { Store, Stored } from '../store/store.ts';
import { toBase64 } from './base64.ts';
import { openCheckpoint } from './checkpoint.ts';
import { commitResource, leafKindOf, readLeaf } from './commitment.ts';
import { AnchorError } from './errors.ts';
import type { Verifier } from './keys.ts';
import { readCheckpoint } from './ledger-checkpoints.ts';
import type { Checkpoint, Log } from './log.ts';

export interface RecordName {
  readonly type: string;
  readonly id: string;
  readonly version: number;
}

/** A check that didn't hold. The message is shown: ids, sizes and positions only. */
export class Refuted extends Error {}

/** A check that can't be made now. */
export class Postponed extends Error {}

/** The version as it was sealed, and in agreement with the columns beside it, which are not. */
export async function readContent(store: Pick<Store, 'read'>, name: RecordName): Promise<Stored> {
  const stored = await store.read(name.type, name.id, name.version).catch((cause: unknown) => {
    if (cause instanceof StoreError && cause.code === 'CONTENT_DAMAGED')
      throw new Refuted('what is stored is not what was sealed');
    if (cause instanceof StoreError && cause.code === 'KEY_MISSING')
      throw new Refuted('the key that sealed the content is gone');
    throw cause;
  });
  if (!stored) throw new Refuted('the version is gone');
  const { resource, canonical, updated, deleted } = stored;
  if (canonicalize(resource) !== canonical) throw new Refuted('the text is not in canonical form');
  if (resource.resourceType !== name.type || resource.id !== name.id)
    throw new Refuted('the text is of another record');
  if (resource.meta?.versionId !== String(name.version) || resource.meta.lastUpdated !== updated)
    throw new Refuted('the text has another version or time than its row');
  const saysMore = Object.keys(resource).some((element) => !['resourceType', 'id', 'meta'].includes(element));
  if (deleted && saysMore) throw new Refuted('the row says deleted, the text does not');
  return stored;
}

export function verifyCommitment(stored: Stored, leaf: Uint8Array): string {
  const commitment = commitResource(stored.resource, stored.salt);
  if (!Buffer.from(commitment).equals(readLeaf(leaf)?.commitment ?? Buffer.alloc(0)))
    throw new Refuted('the leaf commits to other content');
  return `commitment ${toBase64(commitment)}`;
}

export function verifyLeaf(type: string, data: Uint8Array): string {
  const leaf = readLeaf(data);
  if (!leaf) throw new Refuted('these bytes are no leaf');
  if (leaf.kind !== leafKindOf(type)) throw new Refuted(`the leaf is of kind ${leaf.kind}`);
  return `leaf of kind ${leaf.kind}`;
}

/** By the tiles as they are now: what was changed in them shows, too. */
export async function verifyPlace(
  log: Log,
  index: number,
  leaf: Uint8Array,
  { size, root }: Checkpoint,
): Promise<string> {
  try {
    const hashes = await log.inclusionProof(index, size);
    verifyInclusion(BigInt(index), BigInt(size), hashLeaf(leaf), hashes, root);
  } catch (cause) {
    if (cause instanceof MerkleError || cause instanceof AnchorError) throw new Refuted(cause.message);
    throw cause;
  }
  return `leaf ${index} of ${size}`;
}

export function verifySignature({ note, size, root }: Checkpoint, verifier: Verifier): string {
  try {
    const head = openCheckpoint(note, [verifier]);
    if (head.size !== BigInt(size) || !Buffer.from(head.root).equals(root))
      throw new Refuted('the signed checkpoint is another one than the log has noted');
  } catch (cause) {
    if (cause instanceof AnchorError) throw new Refuted(cause.message);
    throw cause;
  }
  return `signed by ${verifier.name} at size ${size}`;
}

/** Asks the ledger itself, whatever the database says of it. */
export async function verifyLedger(
  ledger: Pick<Ledger, 'evaluate'>,
  origin: string,
  { size, root, anchored }: Checkpoint,
): Promise<string> {
  if (!anchored) throw new Postponed(`checkpoint ${size} is not on the ledger yet`);
  const found = await readCheckpoint(ledger, origin, size).catch((cause: unknown) => {
    if (cause instanceof LedgerError) throw new Postponed(`the ledger does not answer: ${cause.code}`);
    throw cause;
  });
  if (!found) throw new Refuted(`the ledger has no checkpoint ${size} of ${origin}`);
  if (found.root !== toBase64(root)) throw new Refuted(`the ledger has another root for size ${size}`);
  return `checkpoint ${size} is on the ledger in transaction ${found.transactionId}`;
}
