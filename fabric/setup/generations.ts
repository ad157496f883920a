// SPDX-License-Identifier: Apache-2.0
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Setup } from './network.ts';
import type { Generation } from './packages.ts';

/** The version that is used last; two while an upgrade goes on, or was broken off. */
export async function readGenerations({ places, description }: Setup): Promise<Generation[]> {
  const text = await readFile(file(places.dir), 'utf8').catch(() => undefined);
  if (text === undefined) return [{ version: description.chaincode.version, generation: 0 }];
  return JSON.parse(text) as Generation[];
}

export async function writeGenerations({ places }: Setup, generations: readonly Generation[]): Promise<void> {
  await writeFile(`${file(places.dir)}.making`, `${JSON.stringify(generations)}\n`);
  await rename(`${file(places.dir)}.making`, file(places.dir));
}

const file = (dir: string): string => `${dir}/chaincode.json`;
