// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanEnvironment } from './command.ts';

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

const STOP_MS = 15_000;
const TAIL_CHARACTERS = 1_500;

/** One program that is to run on: its process is found again by a file, also by another run of ours. */
export class LastingProcess {
  readonly log: string;
  readonly #pidFile: string;
  readonly #name: string;
  #child: ChildProcess | undefined;

  constructor(name: string, dir: string) {
    this.#name = name;
    this.log = `${dir}/${name}.log`;
    this.#pidFile = `${dir}/${name}.pid`;
  }

  /** The id of the process, if it runs. */
  pid(): number | undefined {
    // The system says that a child has gone while its threads still hold its ports; this is told when all is over.
    if (this.#child)
      return this.#child.exitCode === null && this.#child.signalCode === null ? this.#child.pid : undefined;
    let text: string;
    try {
      text = readFileSync(this.#pidFile, 'utf8');
    } catch {
      return undefined;
    }
    const [pid, born] = text.trim().split('\n');
    // Ids are used again: only with the same birth it is the same process.
    return born && bornAt(Number(pid)) === born ? Number(pid) : undefined;
  }

  async start(program: Program, detached: boolean): Promise<void> {
    const log = openSync(this.log, 'a', 0o600);
    const child = spawn(program.file, program.args, {
      cwd: program.cwd,
      env: cleanEnvironment(program.env),
      stdio: ['ignore', log, log],
      detached,
    });
    closeSync(log);
    const failed = new Promise<never>((_, reject) => child.once('error', reject));
    failed.catch(() => undefined);
    if (child.pid === undefined) return failed;
    this.#child = child;
    if (detached) child.unref();
    // At once: a process that nobody finds again would hold its port.
    writeFileSync(this.#pidFile, `${child.pid}\n${bornAt(child.pid) ?? ''}\n`);
  }

  /** Resolves when the process is gone; what doesn't listen is killed. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const pid = this.pid();
    if (pid !== undefined) {
      send(pid, signal);
      const late = performance.now() + STOP_MS;
      while (this.pid() === pid) {
        if (performance.now() > late) send(pid, 'SIGKILL');
        await sleep(20);
      }
    }
    await rm(this.#pidFile, { force: true });
  }

  /** For the end of our own process, where nothing can be awaited. */
  killNow(): void {
    const pid = this.pid();
    if (pid !== undefined) send(pid, 'SIGKILL');
  }

  async tail(): Promise<string> {
    const text = await readFile(this.log, 'utf8').catch(() => '');
    return `${this.#name} said (${this.log}):\n${text.slice(-TAIL_CHARACTERS)}`;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

/** When a process began, in whatever form the system says it; `undefined`: there is none, or it has ended. */
function bornAt(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      // Fields after the name, which may contain anything and is in brackets: state first, start time twentieth.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
      return fields?.[0] === 'Z' ? undefined : fields?.[19];
    } catch {
      return undefined;
    }
  }
  try {
    const [state, ...born] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
    })
      .trim()
      .split(/\s+/);
    return state?.startsWith('Z') ? undefined : born.join(' ');
  } catch {
    return undefined;
  }
}
