// SPDX-License-Identifier: Apache-2.0
// bin/mooring runs the sources as they are now, from a bundle that was made of them when they were first run so.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const CACHE = join(ROOT, '.cache');
const OURS = /^(mooring|draft)-[0-9a-f-]+$/;
const HOUR_MS = 3_600_000;

/** The module of the command line in the bundle of the sources as they are; undefined where there is none and none can be made. */
export async function bundled() {
  try {
    const folder = join(CACHE, `mooring-${stateOfSources()}`);
    if (!existsSync(folder)) await make(folder);
    return join(folder, 'src/cli/index.js');
  } catch {
    // A disk that is full or read-only, or sources that are no TypeScript: tsx does without the one and says more of the other.
    return undefined;
  }
}

/** All that a bundle is made of, to the byte: the times of files are those of a checkout, or of the layer of an image. */
function stateOfSources() {
  const hash = createHash('sha256');
  const names = ['src', 'chaincode/src'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const sources = names.filter((name) => name.endsWith('.ts')).sort();
  for (const name of [...sources, 'scripts/build.mjs', 'package.json', 'tsconfig.json']) {
    const text = readFileSync(join(ROOT, name));
    hash.update(`${name} ${text.length}\n`).update(text);
  }
  return hash.digest('hex').slice(0, 32);
}

/** It appears as a whole; when several processes make it at once, the first one's stays. */
async function make(folder) {
  const draft = join(CACHE, `draft-${randomUUID()}`);
  try {
    await mkdir(draft, { recursive: true });
    const { bundle } = await import('./build.mjs');
    await bundle([], draft, { place: folder, logLevel: 'silent' });
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  // What was made longer ago has been loaded by whoever started from it.
  for (const name of readdirSync(CACHE).filter((each) => OURS.test(each))) {
    const other = join(CACHE, name);
    if (other !== folder && Date.now() - statSync(other).mtimeMs > HOUR_MS)
      await rm(other, { recursive: true, force: true });
  }
}
