// SPDX-License-Identifier: Apache-2.0
// What runs as it is written loads hundreds of files through tsx, which takes seconds of processor time. So what tests run is
// bundled once, and what bin/mooring runs once for each state of the sources; it finds everything that isn't code where its source would.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = resolve(import.meta.dirname, '..');
const MIGRATIONS = 'src/store/migrations';
/** The command line, and what it starts in threads of their own. */
const MOORING = ['src/cli/index.ts', 'src/store/sql/thread-worker.ts'];
/** What tests start beside it. */
const PROGRAMS = ['chaincode/server.ts', 'test/fabric/support/lying-chaincode.ts', 'test/store/writer.ts'];
/** What looks for other files of ours beside itself. */
const LOOKS_BESIDE_ITSELF = new Set(['src/store/sql/thread.ts', 'src/store/sql/migrate.ts']);
/**
 * V8 compiles what it runs often once more, better. A PGlite that lives for seconds never earns that back, and it is a sixth of what a
 * test costs: here code counts as often run later than usually.
 */
export const LATE_TIERING = '--wasm-tiering-budget=100000000';
const TESTED_MOORING = `import { setFlagsFromString } from 'node:v8';
setFlagsFromString('${LATE_TIERING}');
const { main } = await import('../src/cli/index.js');
process.exitCode = await main(process.argv.slice(2));
`;

/** Bundles the test files, and the programs that they start, into a new folder; returns it. Whoever calls it deletes it. */
export async function build(tests) {
  await mkdir(join(ROOT, '.cache'), { recursive: true });
  const folder = await mkdtemp(join(ROOT, '.cache/tests-'));
  await bundle([...tests, ...PROGRAMS], folder);
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin/mooring.js'), TESTED_MOORING);
  return folder;
}

/** Bundles the command line, and what else is named, into a folder; to be run when that has become `place`. */
export async function bundle(more, folder, { place = folder, logLevel = 'warning' } = {}) {
  // The one that tsx brings: no version of our own to keep.
  const esbuild = createRequire(fileURLToPath(import.meta.resolve('tsx')))('esbuild');
  const migrations = readdirSync(join(ROOT, MIGRATIONS)).map((name) => join(MIGRATIONS, name));
  await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: [...MOORING, ...more, ...migrations],
    outdir: folder,
    outbase: ROOT,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel,
    plugins: [{ name: 'mooring', setup: (steps) => setUp(steps, place) }],
  });
  // Its process would stay as long as ours, which may be a bridge.
  await esbuild.stop();
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
}

function setUp(steps, place) {
  // Packages stay where they are, but for the workspace.
  steps.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
    if (kind === 'entry-point') return undefined;
    const [, own] = /^@mooring\/chaincode\/?(.*)$/.exec(path) ?? [];
    if (own === undefined) return { path, external: true };
    return { path: join(ROOT, 'chaincode/src', `${own || 'index'}.ts`) };
  });
  steps.onLoad({ filter: /\.ts$/ }, ({ path }) => {
    const name = relative(ROOT, path);
    const own = LOOKS_BESIDE_ITSELF.has(name) ? join(place, name.replace(/ts$/, 'js')) : path;
    const contents = readFileSync(path, 'utf8')
      .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(own).href))
      .replaceAll('import.meta.dirname', JSON.stringify(dirname(own)));
    return { contents, loader: 'ts' };
  });
}
