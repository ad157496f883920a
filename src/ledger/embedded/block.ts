// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { canonicalJson } from '@mooring/chaincode/canonical';
import { type BlockHeader, headerBytes, headerHash } from './header.ts';
import type { LedgerKeys } from './keys.ts';
import type { Proposal } from './proposal.ts';
import type { Slot, Version, Write } from './rwset.ts';
import type { Simulated } from './simulate.ts';
import { leafHash, treeHash } from './tree.ts';

/** A transaction whose reads still hold, at its place in the block. */
export interface Accepted extends Simulated {
  readonly proposal: Proposal;
}

export interface Block extends BlockHeader {
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
  /** Canonical JSON: the bytes that the data hash is made of. */
  readonly texts: readonly string[];
  readonly accepted: readonly Accepted[];
}

export function makeBlock(
  previous: { readonly number: bigint; readonly hash: Uint8Array },
  accepted: readonly Accepted[],
  keys: LedgerKeys,
): Block {
  const texts = accepted.map(transactionText);
  const header: BlockHeader = {
    number: previous.number + 1n,
    previousHash: previous.hash,
    dataHash: treeHash(texts.map(leafHash)),
  };
  return { ...header, hash: headerHash(header), signature: keys.sign(headerBytes(header)), texts, accepted };
}

export function versionAt(block: bigint, position: number): Version {
  return `${block}.${position}`;
}

/** Everything a member may see: what was called, read and written; of private data only hashes, and of transient data nothing. */
function transactionText({ proposal, set }: Accepted): string {
  const { id, at, identity, transaction } = proposal;
  return canonicalJson({
    id,
    at,
    mspId: identity.mspId,
    creator: identity.name,
    contract: transaction.contract,
    name: transaction.name,
    args: transaction.args,
    reads: [...set.reads.values()].map(({ slot, version }) => ({ ...slotText(slot), version })),
    ranges: set.ranges.map(({ start, end, found }) => ({
      start,
      end,
      found: found.map(({ key, version }) => ({ key, version })),
    })),
    writes: [...set.writes.values()].map(writeText),
    ...(set.event ? { event: { name: set.event.name, payload: base64(set.event.payload) } } : {}),
  });
}

function writeText(write: Write): object {
  if (write.value === undefined) return { ...slotText(write), deleted: true };
  return write.collection === undefined
    ? { ...slotText(write), value: base64(write.value) }
    : { ...slotText(write), valueHash: sha256(write.value) };
}

function slotText({ collection, key }: Slot): object {
  return collection === undefined ? { key } : { collection, keyHash: sha256(Buffer.from(key, 'utf8')) };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
