// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';

// Sixteen times smaller than usual: the log of an empty database would be most of every snapshot.
const WAL_SEGMENT_MEGABYTES = 1;
const CLUSTER = { initDbStartParams: [`--wal-segsize=${WAL_SEGMENT_MEGABYTES}`] };

/**
 * A new, empty PGlite, in the folder or in memory. Making a cluster from nothing takes seconds; a saved image of one takes a third of a
 * second. The image lies beside the packages, so it is as trustworthy as they are. Where nothing can be saved there, it is made anew each time.
 */
export async function newPglite(folder?: string): Promise<PGlite> {
  const place = folder === undefined ? {} : { dataDir: folder };
  const image = await savedImage().catch(() => undefined);
  if (!image) return PGlite.create({ ...place, ...CLUSTER });
  return PGlite.create({ ...place, loadDataDir: image });
}

let loading: Promise<Blob> | undefined;

function savedImage(): Promise<Blob> {
  loading ??= loadOrMake();
  loading.catch(() => {
    loading = undefined;
  });
  return loading;
}

async function loadOrMake(): Promise<Blob> {
  const path = imagePath();
  const saved = await readFile(path).catch(() => undefined);
  if (saved) return new Blob([saved]);
  const pglite = await PGlite.create(CLUSTER);
  const image = await pglite.dumpDataDir('none');
  await pglite.close();
  await mkdir(dirname(path), { recursive: true });
  // Several processes may do this at once: each writes its own file, and the last rename wins.
  const own = `${path}.${randomUUID()}`;
  try {
    await writeFile(own, image.stream());
    await rename(own, path);
  } finally {
    await rm(own, { force: true });
  }
  return image;
}

function imagePath(): string {
  const require = createRequire(import.meta.url);
  // …/node_modules/@electric-sql/pglite/dist/index.cjs
  const pglite = dirname(dirname(require.resolve('@electric-sql/pglite')));
  const { version } = require(join(pglite, 'package.json')) as { version: string };
  return join(
    dirname(dirname(pglite)),
    '.cache',
    'mooring',
    `pglite-${version}-wal${WAL_SEGMENT_MEGABYTES}.tar`,
  );
}
