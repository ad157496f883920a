// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { access, chmod, copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { run } from './run/command.ts';

/** Fabric's programs, and the samples of its configuration: `bin/` and `config/`, as in Fabric's own releases. */
export interface Tools {
  readonly bin: string;
  readonly config: string;
}

export type Say = (line: string) => void;

const MODULE = resolve(import.meta.dirname, 'tools');
const PROGRAMS = ['peer', 'orderer', 'osnadmin', 'configtxgen', 'cryptogen'] as const;
const SAMPLES = ['core.yaml', 'orderer.yaml'] as const;
/** Go 1.21 was the first that fetches the version a module asks for. */
const OLDEST_GO = [1, 21] as const;
const BUILD_TIMEOUT_MS = 15 * 60_000;

/** The programs in the given folder; without one, they are built from the pinned sources, once. */
export async function findTools(given: string | undefined, say: Say): Promise<Tools> {
  if (given) return assertTools(resolve(given));
  const sums = await readFile(join(MODULE, 'go.sum'));
  const pin = createHash('sha256').update(sums).digest('hex').slice(0, 16);
  const folder = resolve(import.meta.dirname, '../.cache/fabric', pin);
  if (!(await exists(folder))) await build(folder, say);
  return assertTools(folder);
}

async function assertTools(folder: string): Promise<Tools> {
  const files = [
    ...PROGRAMS.map((name) => join('bin', name)),
    ...SAMPLES.map((name) => join('config', name)),
  ];
  for (const file of files)
    if (!(await exists(join(folder, file))))
      throw new Error(`${folder} has no ${file}: delete the folder, or set FABRIC_TOOLS to another`);
  return { bin: join(folder, 'bin'), config: join(folder, 'config') };
}

async function build(folder: string, say: Say): Promise<void> {
  await assertGo();
  say('building Hyperledger Fabric 2.5.9 from source: some 90 s the first time');
  const making = `${folder}.${process.pid}`;
  const bin = join(making, 'bin');
  const config = join(making, 'config');
  await mkdir(bin, { recursive: true });
  await mkdir(config);
  const go = { cwd: MODULE, env: { ...process.env, GOBIN: bin, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' } };
  for (const program of PROGRAMS) {
    say(`  ${program}`);
    const source = `github.com/hyperledger/fabric/cmd/${program}`;
    await run('go', ['install', source], { ...go, timeoutMs: BUILD_TIMEOUT_MS });
  }
  const listed = ['list', '-m', '-f', '{{.Dir}}', 'github.com/hyperledger/fabric'];
  const source = (await run('go', listed, { ...go, timeoutMs: BUILD_TIMEOUT_MS })).trim();
  for (const name of SAMPLES) {
    await copyFile(join(source, 'sampleconfig', name), join(config, name));
    // Modules unpack read-only.
    await chmod(join(config, name), 0o644);
  }
  await rename(making, folder).catch(() => rm(making, { recursive: true, force: true }));
}

async function assertGo(): Promise<void> {
  const said = await run('go', ['version'], { timeoutMs: 30_000 }).catch((cause: unknown) => {
    throw new Error(
      'Go is needed to build Hyperledger Fabric, and there is none: install it from https://go.dev/dl, or set FABRIC_TOOLS to a folder with bin/ and config/ of a release',
      { cause },
    );
  });
  const version = /go(\d+)\.(\d+)/.exec(said);
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
  if (major > OLDEST_GO[0] || (major === OLDEST_GO[0] && minor >= OLDEST_GO[1])) return;
  throw new Error(`Go ${OLDEST_GO.join('.')} or newer is needed to build Hyperledger Fabric: ${said.trim()}`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
