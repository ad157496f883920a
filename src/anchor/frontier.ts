// SPDX-License-Identifier: Apache-2.0
import { hashNode } from '@mooring/chaincode/merkle';
import { EMPTY_ROOT, treeHash } from './merkle.ts';
import { TILE_WIDTH } from './tile-path.ts';

/** A tile as it is stored: 1 to 256 hashes of subtrees of 256^level leaves. */
export interface Tile {
  readonly level: number;
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
}

/** The right edge of the tree: the last, unfinished tile of each level. All that is needed to go on, and to know the root. */
export class Frontier {
  readonly #size: number;
  readonly #levels: readonly (readonly Uint8Array[])[];

  constructor(size: number, levels: readonly (readonly Uint8Array[])[]) {
    this.#size = size;
    this.#levels = levels;
  }

  get size(): number {
    return this.#size;
  }

  /** The frontier after these leaves, and every tile that they made or made wider. This one stays as it is. */
  append(leafHashes: readonly Uint8Array[]): { frontier: Frontier; tiles: Tile[] } {
    const levels: (readonly Uint8Array[])[] = [];
    const tiles: Tile[] = [];
    let arriving = leafHashes;
    for (let level = 0; level < this.#levels.length || arriving.length > 0; level++) {
      const open = [...(this.#levels[level] ?? []), ...arriving];
      const first = tileCount(this.#size, level);
      const finished: Uint8Array[] = [];
      let at = 0;
      for (; at + TILE_WIDTH <= open.length; at += TILE_WIDTH) {
        const hashes = open.slice(at, at + TILE_WIDTH);
        tiles.push({ level, index: first + finished.length, hashes });
        finished.push(treeHash(hashes));
      }
      const rest = open.slice(at);
      if (rest.length > 0 && arriving.length > 0)
        tiles.push({ level, index: first + finished.length, hashes: rest });
      levels.push(rest);
      arriving = finished;
    }
    return { frontier: new Frontier(this.#size + leafHashes.length, levels), tiles };
  }

  /** RFC 6962 §2.1: the root of the tree, from the complete subtrees along its edge, the smallest first. */
  root(): Uint8Array {
    let root: Uint8Array | undefined;
    for (const hashes of this.#levels) {
      let end = hashes.length;
      for (let width = 1; width <= end; width *= 2) {
        if ((hashes.length & width) === 0) continue;
        const subtree = treeHash(hashes.slice(end - width, end));
        root = root ? hashNode(subtree, root) : subtree;
        end -= width;
      }
    }
    return root ?? EMPTY_ROOT;
  }
}

/** How many finished tiles the level has. */
export function tileCount(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** (level + 1));
}

/** How many hashes the unfinished tile of the level has. */
export function openWidth(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH;
}
