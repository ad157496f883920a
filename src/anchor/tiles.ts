// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from '../store/sql/database.ts';
import { toBase64 } from './base64.ts';
import { AnchorError } from './errors.ts';
import { Frontier, openWidth, type Tile, tileCount } from './frontier.ts';
import { foldRight, type NodeId, type ProofStep, treeHash } from './merkle.ts';
import { TILE_WIDTH } from './tile-path.ts';

const HASH_BYTES = 32;
/** Levels that one tile spans: 256 is 2^8. */
const TILE_HEIGHT = 8;

interface TileRow {
  readonly level: number;
  readonly index: number;
  readonly hashes: Uint8Array;
}

type TileId = Pick<Tile, 'level' | 'index'>;

/** Writes tiles, or widens those that are there. */
export async function storeTiles(db: Db, tiles: readonly Tile[]): Promise<void> {
  if (tiles.length === 0) return;
  const rows = tiles.map(({ level, index, hashes }) => ({
    level,
    index,
    hashes: toBase64(Buffer.concat(hashes)),
  }));
  await sql`insert into log_tile (level, index, hashes)
    select level, index, decode(hashes, 'base64')
    from json_to_recordset(${JSON.stringify(rows)}::json) as new(level integer, index bigint, hashes text)
    on conflict (level, index) do update set hashes = excluded.hashes`.execute(db);
}

/** The hashes of a tile, as many as there are; `undefined`: no such tile. */
export async function loadTile(db: Db, level: number, index: number): Promise<Uint8Array | undefined> {
  return (await loadTiles(db, [{ level, index }])).get(nameOf({ level, index }));
}

/** The right edge of the tree at this size. Throws AnchorError('LOG_DAMAGED') when a tile of it is missing or too short. */
export async function loadFrontier(db: Db, size: number): Promise<Frontier> {
  const edge: TileId[] = [];
  for (let level = 0; TILE_WIDTH ** level <= size; level++)
    edge.push({ level, index: tileCount(size, level) });
  const tiles = await loadTiles(
    db,
    edge.filter(({ level }) => openWidth(size, level) > 0),
  );
  const levels = edge.map((tile) => {
    const width = openWidth(size, tile.level);
    return Array.from({ length: width }, (_, at) => hashOf(tiles, tile, at));
  });
  return new Frontier(size, levels);
}

/** The hashes of a proof. One query, however many subtrees it is made of. */
export async function loadProof(db: Db, steps: readonly ProofStep[]): Promise<Uint8Array[]> {
  const tiles = await loadTiles(db, steps.flat().map(tileOf));
  return steps.map((nodes) => foldRight(nodes.map((node) => nodeHash(tiles, node))));
}

/** The data of leaves from the rows they belong to. Throws AnchorError('LOG_DAMAGED') when one is missing. */
export async function loadLeaves(db: Db, begin: number, end: number): Promise<Uint8Array[]> {
  const { rows } = await sql<{ leaf_index: number; leaf: Uint8Array }>`select leaf_index, leaf from version
    where leaf_index >= ${begin} and leaf_index < ${end} order by leaf_index`.execute(db);
  if (rows.length !== end - begin || rows.some((row, at) => Number(row.leaf_index) !== begin + at))
    throw new AnchorError('LOG_DAMAGED', `of leaves ${begin} to ${end}, ${rows.length} are in the database`);
  return rows.map(({ leaf }) => leaf);
}

async function loadTiles(db: Db, wanted: readonly TileId[]): Promise<Map<string, Uint8Array>> {
  if (wanted.length === 0) return new Map();
  const ids = [
    ...new Map(wanted.map(({ level, index }) => [nameOf({ level, index }), { level, index }])).values(),
  ];
  const { rows } = await sql<TileRow>`select t.level, t.index, t.hashes from log_tile t
    join json_to_recordset(${JSON.stringify(ids)}::json) as wanted(level integer, index bigint)
    on t.level = wanted.level and t.index = wanted.index`.execute(db);
  return new Map(rows.map((row) => [nameOf({ level: row.level, index: Number(row.index) }), row.hashes]));
}

function nodeHash(tiles: ReadonlyMap<string, Uint8Array>, node: NodeId): Uint8Array {
  const tile = tileOf(node);
  const width = 2 ** (node.level % TILE_HEIGHT);
  const first = (node.index * width) % TILE_WIDTH;
  return treeHash(Array.from({ length: width }, (_, at) => hashOf(tiles, tile, first + at)));
}

/** Where the hashes are that the subtree's root is computed from. */
function tileOf({ level, index }: NodeId): TileId {
  const height = level % TILE_HEIGHT;
  return { level: (level - height) / TILE_HEIGHT, index: Math.floor((index * 2 ** height) / TILE_WIDTH) };
}

function hashOf(tiles: ReadonlyMap<string, Uint8Array>, tile: TileId, at: number): Uint8Array {
  const hash = tiles.get(nameOf(tile))?.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
  if (hash?.length !== HASH_BYTES)
    throw new AnchorError('LOG_DAMAGED', `tile ${nameOf(tile)} has no hash ${at}`);
  return hash;
}

function nameOf({ level, index }: TileId): string {
  return `${level}/${index}`;
}
