// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = resolve(import.meta.dirname, '../..');
const READY_MS = 60_000;

/** Names the folder that scripts/build.mjs made. Without it, or where it is empty, programs start as users start them. */
export const BUILT = 'MOORING_TEST_BUILT';

/** Arguments of node that run a program of ours, `bin/mooring` or a `.ts` file. */
export function programArgs(source: string, env: NodeJS.ProcessEnv = process.env): string[] {
  const built = env[BUILT];
  if (built) return [join(built, source.replace(/(\.ts)?$/, '.js'))];
  return [...(source.endsWith('.ts') ? ['--import', 'tsx'] : []), join(ROOT, source)];
}

/** A bridge, or the demonstration's two, in a process of their own, as a user starts them. */
export interface Running {
  readonly url: string;
  readonly mllpPort: number;
  readonly lines: readonly string[];
  /** Ends it as an operator would. Resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a power failure would, but for the disk. */
  kill(): Promise<void>;
}

export interface Output {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'mooring-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

const running = new Set<ChildProcess>();
// An error that nobody has caught ends this process, and nothing else would end them.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Ends whatever a test that failed has left running. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((child) => end(child, 'SIGKILL')));
}

/** `bin/mooring serve …` on free ports; resolves when it says that it is ready. */
export async function serve(
  dataDir: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Running> {
  const all = {
    ...process.env,
    MOORING_DATA_DIR: dataDir,
    MOORING_HTTP_PORT: '0',
    MOORING_MLLP_PORT: '0',
    ...env,
  };
  const child = spawn(process.execPath, [...programArgs('bin/mooring', all), 'serve', ...args], {
    env: all,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const organization = env['MOORING_ORGANIZATION'] ?? 'hospital';
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const ready = new Promise<{ url: string; mllpPort: number }>((done, fail) => {
    const timer = setTimeout(
      () => fail(new Error(`not ready after ${READY_MS} ms: ${lines.concat(errors).join('\n')}`)),
      READY_MS,
    );
    let found: { url: string; mllpPort: number } | undefined;
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      const listening = /^(\w+): FHIR (http:\S+)\/fhir {2}MLLP \S+:(\d+)$/.exec(line);
      if (listening?.[1] === organization) found = { url: listening[2]!, mllpPort: Number(listening[3]) };
      if (!/^ready in /.test(line) || !found) return;
      clearTimeout(timer);
      done(found);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(new Error(`ended with ${code} before it was ready: ${lines.concat(errors).join('\n')}`));
    });
  });
  return {
    ...(await ready),
    lines,
    stop: () => end(child, 'SIGTERM'),
    kill: async () => void (await end(child, 'SIGKILL')),
  };
}

/** Runs a subcommand to its end. */
export async function mooring(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Output> {
  return run(process.execPath, [...programArgs('bin/mooring'), ...args], env);
}

export async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Output> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  return (await ended)[0];
}
