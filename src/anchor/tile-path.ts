// SPDX-License-Identifier: Apache-2.0

export const TILE_WIDTH = 256;

/** What a path below `/tile/` names: hashes of a level, or the entries below level 0. */
export interface TileName {
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256; less than 256: a partial tile. */
  readonly width: number;
}

const PATH = /^(entries|0|[1-9]\d?)\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;
const MAX_LEVEL = 63;

/** C2SP tlog-tiles: `<level>/<index in groups of three digits, all but the last with x>[.p/<width>]`. `undefined`: not a path of a tile. */
export function parseTilePath(path: string): TileName | undefined {
  const [, levelText, digits, widthText] = PATH.exec(path) ?? [];
  if (levelText === undefined || digits === undefined) return undefined;
  const level = levelText === 'entries' ? levelText : Number(levelText);
  const index = Number(digits.replaceAll(/[x/]/g, ''));
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText);
  if ((level !== 'entries' && level > MAX_LEVEL) || (widthText !== undefined && width >= TILE_WIDTH))
    return undefined;
  const name: TileName = { level, index, width };
  // One name for one thing: no zeros too many.
  return printTilePath(name) === path ? name : undefined;
}

export function printTilePath({ level, index, width }: TileName): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/\d{3}/g) ?? [];
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `${level}/${path}${width < TILE_WIDTH ? `.p/${width}` : ''}`;
}
