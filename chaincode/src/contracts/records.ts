// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { type Context, Contract } from 'fabric-contract-api';
import { asText, readBase64, readId, readJson, readSize } from '../arguments.ts';
import { canonicalJson } from '../canonical.ts';
import { ContractError } from '../errors.ts';
import { holdersOf, writeHolder } from '../holders.ts';
import { MerkleError, verifyConsistency } from '../merkle.ts';
import { assertOwn } from '../participant.ts';
import { emit, key, padded, readState, transactionTime, writeState } from '../state.ts';

/** RFC 6962 §2.1.2: at most one hash a level and one more, and sizes have 63 bits. */
const MAX_PROOF_HASHES = 64;

interface Checkpoint {
  readonly origin: string;
  readonly size: string;
  readonly root: string;
  readonly transactionId: string;
  readonly timestamp: string;
}

/** The organizations' logs: each checkpoint must extend the one before, which the contract checks itself. */
export class RecordsContract extends Contract {
  constructor() {
    super('records');
  }

  /** `consistencyProofJson`: JSON array of base64 hashes, from the latest checkpoint of the origin to this one; `[]` for the first. */
  async Checkpoint(
    ctx: Context,
    origin: string,
    size: string,
    rootBase64: string,
    consistencyProofJson: string,
  ): Promise<string> {
    readId(origin, 'origin');
    const newSize = readSize(size);
    const root = readBase64(rootBase64, 32, 'root');
    const proof = readProof(consistencyProofJson);
    await bindOrigin(ctx, origin);
    const latest = await readState<Checkpoint>(ctx, key(ctx, 'latest-checkpoint', origin));
    if (latest) await assertExtends(ctx, latest, newSize, root, rootBase64, proof);
    else assertFirst(newSize, root, proof);
    const checkpoint: Checkpoint = {
      origin,
      size: newSize.toString(),
      root: rootBase64,
      transactionId: ctx.stub.getTxID(),
      timestamp: transactionTime(ctx).text,
    };
    await writeState(ctx, key(ctx, 'checkpoint', origin, padded(newSize)), checkpoint);
    await writeState(ctx, key(ctx, 'latest-checkpoint', origin), checkpoint);
    emit(ctx, 'CheckpointCommitted', checkpoint);
    return canonicalJson(checkpoint);
  }

  /** Empty when the origin has none yet. */
  async LatestCheckpoint(ctx: Context, origin: string): Promise<string> {
    const latest = await readState<Checkpoint>(ctx, key(ctx, 'latest-checkpoint', readId(origin, 'origin')));
    return latest ? canonicalJson(latest) : '';
  }

  /** Empty when there is none of that size. */
  async GetCheckpoint(ctx: Context, origin: string, size: string): Promise<string> {
    const stateKey = key(ctx, 'checkpoint', readId(origin, 'origin'), padded(readSize(size)));
    const found = await readState<Checkpoint>(ctx, stateKey);
    return found ? canonicalJson(found) : '';
  }

  /** The caller's organization says that it holds records of this subject, and may from then on be asked for them as their custodian. */
  async RegisterHolder(ctx: Context, subject: string): Promise<string> {
    const mspId = ctx.clientIdentity.getMSPID();
    const holder = await writeHolder(ctx, readId(subject, 'subject'), mspId);
    emit(ctx, 'HolderRegistered', { subject, mspId });
    return canonicalJson(holder);
  }

  async Holders(ctx: Context, subject: string): Promise<string> {
    return canonicalJson(await holdersOf(ctx, readId(subject, 'subject')));
  }
}

/** Whoever writes an origin first owns it. */
async function bindOrigin(ctx: Context, origin: string): Promise<void> {
  const stateKey = key(ctx, 'origin', origin);
  const owner = await readState<{ mspId: string }>(ctx, stateKey);
  if (!owner) return writeState(ctx, stateKey, { mspId: ctx.clientIdentity.getMSPID() });
  try {
    assertOwn(ctx, owner.mspId, `origin ${origin}`);
  } catch (cause) {
    throw new ContractError('ORIGIN_FOREIGN', `origin ${origin} belongs to another organization`, { cause });
  }
}

function assertFirst(size: bigint, root: Uint8Array, proof: readonly Uint8Array[]): void {
  if (proof.length > 0)
    throw new ContractError(
      'CHECKPOINT_NOT_CONSISTENT',
      'the first checkpoint has nothing to be consistent with',
    );
  assertEmptyRoot(size, root);
}

/** RFC 6962 §2.1: the hash of an empty list is the hash of an empty string. */
function assertEmptyRoot(size: bigint, root: Uint8Array): void {
  if (size === 0n && !createHash('sha256').digest().equals(root))
    throw new ContractError('CHECKPOINT_NOT_CONSISTENT', 'an empty log has one root only');
}

async function assertExtends(
  ctx: Context,
  latest: Checkpoint,
  size: bigint,
  root: Uint8Array,
  rootBase64: string,
  proof: readonly Uint8Array[],
): Promise<void> {
  const latestSize = BigInt(latest.size);
  if (size <= latestSize) {
    const same = await readState<Checkpoint>(ctx, key(ctx, 'checkpoint', latest.origin, padded(size)));
    if (same?.root === rootBase64)
      throw new ContractError('CHECKPOINT_DUPLICATE', `checkpoint ${size} was committed already`);
    if (size < latestSize)
      throw new ContractError(
        'CHECKPOINT_SMALLER',
        `checkpoint ${size} is smaller than the latest, ${latestSize}`,
      );
    throw new ContractError(
      'CHECKPOINT_NOT_CONSISTENT',
      `checkpoint ${size} has another root than the committed one`,
    );
  }
  // RFC 6962 §2.1.2 defines proofs between trees of at least one leaf; every tree extends the empty one.
  if (latestSize === 0n) return;
  try {
    verifyConsistency(latestSize, Buffer.from(latest.root, 'base64'), size, root, proof);
  } catch (cause) {
    if (!(cause instanceof MerkleError)) throw cause;
    throw new ContractError('CHECKPOINT_NOT_CONSISTENT', `checkpoint ${size} does not extend ${latestSize}`, {
      cause,
    });
  }
}

function readProof(text: string): Uint8Array[] {
  const hashes = readJson(text, 'consistency proof');
  if (!Array.isArray(hashes) || hashes.length > MAX_PROOF_HASHES)
    throw new ContractError(
      'ARGUMENT_INVALID',
      `consistency proof is no list of at most ${MAX_PROOF_HASHES} hashes`,
    );
  return hashes.map((hash, index) => {
    const what = `consistency proof[${index}]`;
    return readBase64(asText(hash, what), 32, what);
  });
}
