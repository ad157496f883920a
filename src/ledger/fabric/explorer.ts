// SPDX-License-Identifier: Apache-2.0

import { codeOf } from '../code-of.ts';
import type {
  Agreement,
  ExploredBlock,
  ExploredTransaction,
  LedgerExplorer,
  PeerView,
  Signer,
} from '../explorer.ts';
import { type BlockEntry, type FabricBlock, readBlock } from './block.ts';
import type { FabricCall } from './block-call.ts';
import { claimedName } from './certificates.ts';
import type { FabricSigner } from './identity.ts';
import type { ChainInfo, FabricQueries } from './queries.ts';

/** `organizations`: MSP ids of the channel's members, whose peers are asked one by one whether they agree. */
export function fabricExplorer(
  queries: Omit<FabricQueries, 'endorsed'>,
  organizations: readonly string[],
): LedgerExplorer {
  return {
    height: async () => (await queries.chainInfo()).height,
    async block(number) {
      const bytes = await queries.block(number);
      return bytes && exploredBlock(readBlock(bytes));
    },
    async transaction(id) {
      const bytes = await queries.blockOf(id);
      const found = bytes && exploredBlock(readBlock(bytes));
      return found?.transactions.find((each) => each.id === id);
    },
    agreement: () => agreementOf(queries, organizations),
  };
}

/** Names of submitters, endorsers and orderers are as their certificates claim: the peer has checked them, this has not. */
function exploredBlock(block: FabricBlock): ExploredBlock {
  return {
    number: block.number,
    hash: hex(block.hash),
    previousHash: hex(block.previousHash),
    dataHash: hex(block.dataHash),
    signers: block.signatures.map(({ signer }) => signerOf(signer)),
    transactions: block.transactions.map((entry) => exploredTransaction(entry, block.number)),
  };
}

function exploredTransaction(
  { transaction, validation }: BlockEntry,
  blockNumber: bigint,
): ExploredTransaction {
  const valid = validation === 'VALID';
  // What no program can read has a place in the block, and nothing else to show.
  if (!transaction)
    return { id: '', blockNumber, at: '', valid, validation, submitter: NOBODY, endorsers: [], events: [] };
  const { id, at, creator, call } = transaction;
  return {
    ...{ id, blockNumber, at: new Date(at).toISOString(), valid, validation },
    ...(call ? { call: exploredCall(call) } : {}),
    submitter: signerOf(creator),
    endorsers: (call?.endorsements ?? []).map(({ endorser }) => signerOf(endorser)),
    events: (call?.events ?? []).map(({ name, payload }) => ({ name, payload: payloadOf(payload) })),
  };
}

const NOBODY: Signer = { mspId: '' };

/** Our contracts are called as `contract:transaction`; other chaincodes, such as Fabric's own, by one name. */
function exploredCall({ chaincodes, args }: FabricCall): NonNullable<ExploredTransaction['call']> {
  const [called = '', ...rest] = args.map(textOf);
  const colon = called.indexOf(':');
  return {
    contract: colon < 0 ? chaincodes[0] : called.slice(0, colon),
    name: called.slice(colon + 1),
    args: rest,
  };
}

/** Arguments that are no text, which our contracts have none of, in base64. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('base64');
  }
}

function payloadOf(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function signerOf({ mspId, certificate }: FabricSigner): Signer {
  const name = claimedName(certificate);
  return { mspId, ...(name === undefined ? {} : { name }) };
}

/** Each organization is asked for its height, and then all for the hash of the newest block that all of them have. */
async function agreementOf(
  queries: Pick<FabricQueries, 'block' | 'chainInfo'>,
  organizations: readonly string[],
): Promise<Agreement> {
  const infos = await Promise.all(organizations.map((mspId) => infoOf(queries, mspId)));
  const heights = infos.flatMap(({ info }) => (info ? [info.height] : []));
  const lowest = heights.reduce((low, each) => (each < low ? each : low), heights[0] ?? 0n);
  // No answer, or a peer that has just joined and has nothing yet.
  if (lowest === 0n) return { agreed: false, peers: infos.map(viewOf) };
  const blockNumber = lowest - 1n;
  const peers = await Promise.all(
    infos.map(async (each) => ({ ...viewOf(each), ...(await hashAt(queries, each, blockNumber)) })),
  );
  const hashes = new Set(peers.flatMap(({ blockHash }) => (blockHash === undefined ? [] : [blockHash])));
  return { blockNumber, agreed: hashes.size === 1, peers };
}

interface PeerInfo {
  readonly mspId: string;
  readonly info?: ChainInfo;
  readonly problem?: string;
}

async function infoOf(queries: Pick<FabricQueries, 'chainInfo'>, mspId: string): Promise<PeerInfo> {
  try {
    return { mspId, info: await queries.chainInfo(mspId) };
  } catch (error) {
    return { mspId, problem: codeOf(error) ?? 'UNAVAILABLE' };
  }
}

function viewOf({ mspId, info, problem }: PeerInfo): PeerView {
  return { mspId, ...(info ? { height: info.height } : {}), ...(problem === undefined ? {} : { problem }) };
}

/** From the header that this peer has, not from what it says the hash is. */
async function hashAt(
  queries: Pick<FabricQueries, 'block'>,
  { mspId, info }: PeerInfo,
  number: bigint,
): Promise<Pick<PeerView, 'blockHash' | 'problem'>> {
  if (!info) return {};
  try {
    const bytes = await queries.block(number, mspId);
    if (!bytes) return { problem: 'BLOCK_MISSING' };
    const { hash, hasDataHash } = readBlock(bytes);
    return hasDataHash ? { blockHash: hex(hash) } : { problem: 'BLOCK_CHANGED' };
  } catch (error) {
    return { problem: codeOf(error) ?? 'UNAVAILABLE' };
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
