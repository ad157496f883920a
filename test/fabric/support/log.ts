// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { openCheckpoint } from '../../../src/anchor/checkpoint.ts';
import { openVerifier } from '../../../src/anchor/keys.ts';
import { treeHashOfData } from '../../../src/anchor/merkle.ts';
import { printTilePath, TILE_WIDTH } from '../../../src/anchor/tile-path.ts';
import { openEmbedded, sql } from '../../../src/store/sql/database.ts';

/** What a bridge publishes of its log, as anybody reads it. */
export interface PublishedLog {
  readonly size: number;
  readonly root: Buffer;
  readonly leaves: readonly Buffer[];
}

/** The signed checkpoint, and all leaves below it. */
export async function readLog(url: string): Promise<PublishedLog> {
  const get = async (path: string) => Buffer.from(await (await fetch(`${url}/log/${path}`)).arrayBuffer());
  const key = openVerifier((await get('key')).toString().trim());
  const { size, root } = openCheckpoint((await get('checkpoint')).toString(), [key]);
  const leaves: Buffer[] = [];
  for (let index = 0; leaves.length < Number(size); index += 1) {
    const width = Math.min(TILE_WIDTH, Number(size) - leaves.length);
    const bundle = await get(`tile/${printTilePath({ level: 'entries', index, width })}`);
    for (let at = 0; at < bundle.length; at += 2 + bundle.readUInt16BE(at))
      leaves.push(bundle.subarray(at + 2, at + 2 + bundle.readUInt16BE(at)));
  }
  return { size: Number(size), root: Buffer.from(root), leaves };
}

export function rootOfLeaves(leaves: readonly Buffer[]): Buffer {
  return Buffer.from(treeHashOfData([...leaves]));
}

/** The leaves of all that the hospital's bridge has stored, in their places; the bridge must be stopped. */
export async function storedLeaves(dataDir: string): Promise<Buffer[]> {
  const database = await openEmbedded(join(dataDir, 'database'));
  try {
    const { rows } = await sql<{ leaf: Uint8Array }>`select leaf from version order by leaf_index`.execute(
      await database.schema('hospital'),
    );
    return rows.map(({ leaf }) => Buffer.from(leaf));
  } finally {
    await database.close();
  }
}
