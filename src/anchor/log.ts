// SPDX-License-Identifier: Apache-2.0
import { hashLeaf } from '@mooring/chaincode/merkle';
import { type Db, sql } from '../store/sql/database.ts';
import { signCheckpoint } from './checkpoint.ts';
import {
  type Anchored,
  anchoredSize,
  type Checkpoint,
  checkpointAt,
  deleteAnchors,
  firstAnchoredFrom,
  firstCheckpointFrom,
  insertCheckpoint,
  markAnchored,
  newestCheckpoint,
} from './checkpoints.ts';
import { AnchorError } from './errors.ts';
import type { Frontier } from './frontier.ts';
import { openSigner, type Signer } from './keys.ts';
import { consistencySteps, inclusionSteps } from './merkle.ts';
import { TILE_WIDTH } from './tile-path.ts';
import { loadFrontier, loadLeaves, loadProof, loadTile, storeTiles } from './tiles.ts';

export type { Anchored, Checkpoint } from './checkpoints.ts';

/** So that one transaction neither holds the database up for long nor grows without bound. */
const MAX_LEAVES_AT_ONCE = 4096;
const HASH_BYTES = 32;

/** The append-only log of one bridge: an RFC 6962 tree over the leaves that the store assigns, in tiles, with signed checkpoints. */
export interface Log {
  readonly origin: string;
  /** What others check the checkpoints with. */
  readonly verifierKey: string;
  /** Takes in every leaf that is durable by now and signs the tree over them; the newest checkpoint when there is none new. */
  integrate(): Promise<Checkpoint>;
  /** How many leaves are durable. */
  durable(): Promise<number>;
  /** How many of them wait to be taken in. */
  backlog(): Promise<number>;
  /** The newest checkpoint. */
  latest(): Promise<Checkpoint>;
  checkpoint(size: number): Promise<Checkpoint | undefined>;
  /** The first checkpoint over a tree of at least this size; with a channel, the first that is known to be anchored there. */
  covering(size: number, channel?: string): Promise<Checkpoint | undefined>;
  /** Size of the largest checkpoint that the channel is known to have. */
  anchoredSize(channel: string): Promise<number>;
  /** Notes that the channel has the checkpoint of this size. */
  markAnchored(channel: string, size: number, anchored: Anchored): Promise<void>;
  /** What is noted of the channel is of a ledger that it has no more. */
  forgetAnchors(channel: string): Promise<void>;
  /** RFC 6962 §2.1.1. Throws AnchorError('OUT_OF_RANGE') for what is not in the newest checkpoint. */
  inclusionProof(index: number, size: number): Promise<Uint8Array[]>;
  /** RFC 6962 §2.1.2; empty from size 0, which every tree extends. */
  consistencyProof(size1: number, size2: number): Promise<Uint8Array[]>;
  /** The first `width` hashes of a tile, all of it unless told; `undefined`: the newest checkpoint has no such tile. */
  tile(level: number, index: number, width?: number): Promise<Uint8Array | undefined>;
  /** The data of the leaves below that tile of level 0. */
  entries(index: number, width?: number): Promise<readonly Uint8Array[] | undefined>;
}

export interface LogOptions {
  readonly db: Db;
  /** Name of the log and of its key; the ledger binds it to the organization. */
  readonly origin: string;
  /** 32 bytes, the seed of the Ed25519 key. */
  readonly signingSecret: Uint8Array;
  readonly now: () => number;
}

/** The log in a schema of the database, which any number of instances may have open. Signs the empty tree when it is new. */
export async function openLog({ db, origin, signingSecret, now }: LogOptions): Promise<Log> {
  const log = new SqlLog(db, openSigner(origin, signingSecret), now);
  await log.integrate();
  return log;
}

class SqlLog implements Log {
  readonly #db: Db;
  readonly #signer: Signer;
  readonly #now: () => number;
  /** As of the newest checkpoint that this instance made: spares reading the edge again. */
  #frontier: Frontier | undefined;
  #integrating: Promise<Checkpoint> | undefined;
  /** The newest checkpoint's size is never smaller than this. */
  #sizeSeen = 0;

  constructor(db: Db, signer: Signer, now: () => number) {
    this.#db = db;
    this.#signer = signer;
    this.#now = now;
  }

  get origin(): string {
    return this.#signer.name;
  }

  get verifierKey(): string {
    return this.#signer.verifierKey;
  }

  async integrate(): Promise<Checkpoint> {
    // What arrived after a run had begun may not be in it: wait for it, then run again.
    while (this.#integrating) await this.#integrating.catch(() => {});
    this.#integrating = this.#integrateAll();
    try {
      return await this.#integrating;
    } finally {
      this.#integrating = undefined;
    }
  }

  durable(): Promise<number> {
    return durableSize(this.#db);
  }

  async backlog(): Promise<number> {
    const { rows } = await sql<{ waiting: number }>`select l.size - i.size as waiting
      from log_size l, log_integrated i`.execute(this.#db);
    return Number(rows[0]?.waiting ?? 0);
  }

  async latest(): Promise<Checkpoint> {
    const newest = await newestCheckpoint(this.#db);
    if (!newest) throw new AnchorError('LOG_DAMAGED', 'the log has lost its checkpoints');
    this.#sizeSeen = Math.max(this.#sizeSeen, newest.size);
    return newest;
  }

  checkpoint(size: number): Promise<Checkpoint | undefined> {
    return checkpointAt(this.#db, size);
  }

  covering(size: number, channel?: string): Promise<Checkpoint | undefined> {
    return channel === undefined
      ? firstCheckpointFrom(this.#db, size)
      : firstAnchoredFrom(this.#db, channel, size);
  }

  anchoredSize(channel: string): Promise<number> {
    return anchoredSize(this.#db, channel);
  }

  markAnchored(channel: string, size: number, anchored: Anchored): Promise<void> {
    return markAnchored(this.#db, channel, size, anchored);
  }

  forgetAnchors(channel: string): Promise<void> {
    return deleteAnchors(this.#db, channel);
  }

  async inclusionProof(index: number, size: number): Promise<Uint8Array[]> {
    if (!isCount(index) || index >= size || !(await this.#reaches(size)))
      throw new AnchorError('OUT_OF_RANGE', `leaf ${index} is in no tree of ${size} leaves of this log`);
    return loadProof(this.#db, inclusionSteps(index, size));
  }

  async consistencyProof(size1: number, size2: number): Promise<Uint8Array[]> {
    if (!isCount(size1) || size1 > size2 || !(await this.#reaches(size2)))
      throw new AnchorError('OUT_OF_RANGE', `this log did not grow from ${size1} to ${size2} leaves`);
    return loadProof(this.#db, consistencySteps(size1, size2));
  }

  async tile(level: number, index: number, width = TILE_WIDTH): Promise<Uint8Array | undefined> {
    if (!(await this.#reaches((index * TILE_WIDTH + width) * TILE_WIDTH ** level))) return undefined;
    const hashes = await loadTile(this.#db, level, index);
    if (!hashes || hashes.length < width * HASH_BYTES)
      throw new AnchorError('LOG_DAMAGED', `tile ${level}/${index} is missing or too short`);
    return hashes.subarray(0, width * HASH_BYTES);
  }

  async entries(index: number, width = TILE_WIDTH): Promise<readonly Uint8Array[] | undefined> {
    const begin = index * TILE_WIDTH;
    if (!(await this.#reaches(begin + width))) return undefined;
    return loadLeaves(this.#db, begin, begin + width);
  }

  /** Is the newest checkpoint over a tree of at least this size? */
  async #reaches(size: number): Promise<boolean> {
    if (!isCount(size)) return false;
    return size <= this.#sizeSeen || size <= (await this.latest()).size;
  }

  async #integrateAll(): Promise<Checkpoint> {
    for (;;) {
      const { checkpoint, frontier, more } = await this.#integrateSome();
      this.#frontier = frontier;
      this.#sizeSeen = Math.max(this.#sizeSeen, checkpoint.size);
      if (!more) return checkpoint;
    }
  }

  /** One transaction: either the leaves are in the tree and it is signed, or nothing has happened. */
  #integrateSome(): Promise<{ checkpoint: Checkpoint; frontier: Frontier; more: boolean }> {
    return this.#db.transaction().execute(async (db) => {
      const begin = await lockIntegrated(db);
      const size = await durableSize(db);
      const newest = await newestCheckpoint(db);
      const before = await this.#frontierAt(db, begin, newest);
      if (newest && size === begin) return { checkpoint: newest, frontier: before, more: false };
      const end = Math.min(size, begin + MAX_LEAVES_AT_ONCE);
      const leaves = await loadLeaves(db, begin, end);
      const { frontier, tiles } = before.append(leaves.map(hashLeaf));
      await storeTiles(db, tiles);
      const checkpoint = this.#sign(frontier);
      await insertCheckpoint(db, checkpoint);
      await sql`update log_integrated set size = ${end}`.execute(db);
      return { checkpoint, frontier, more: end < size };
    });
  }

  /** The edge that the next leaves are appended to. It must have the root that was signed last, or this log would be signing a fork. */
  async #frontierAt(db: Db, size: number, newest: Checkpoint | undefined): Promise<Frontier> {
    const known = this.#frontier?.size === size ? this.#frontier : undefined;
    const frontier = known ?? (await loadFrontier(db, size));
    if (newest ? newest.size !== size || !Buffer.from(frontier.root()).equals(newest.root) : size !== 0)
      throw new AnchorError('LOG_DAMAGED', `the tree of ${size} leaves is not the one that was signed last`);
    return frontier;
  }

  #sign(frontier: Frontier): Checkpoint {
    const head = { origin: this.origin, size: BigInt(frontier.size), root: frontier.root() };
    return {
      size: frontier.size,
      root: head.root,
      note: signCheckpoint(head, this.#signer),
      createdAt: new Date(this.#now()).toISOString(),
    };
  }
}

async function lockIntegrated(db: Db): Promise<number> {
  const { rows } = await sql<{ size: number }>`select size from log_integrated for update`.execute(db);
  return Number(rows[0]?.size);
}

/** Whatever is committed is dense up to here: writers hold the row until their leaves are committed. */
async function durableSize(db: Db): Promise<number> {
  const { rows } = await sql<{ size: number }>`select size from log_size`.execute(db);
  return Number(rows[0]?.size);
}

function isCount(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0;
}
