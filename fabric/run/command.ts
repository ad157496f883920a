// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';

const SHOWN_CHARACTERS = 2_000;
/** The usual one without colours: it goes to files. */
const FABRIC_LOGGING_FORMAT = '%{time:2006-01-02T15:04:05.000Z07:00} %{level:.4s} %{module} %{message}';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
}

/** Fails with what the program last said. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** What the program printed, both streams. */
  readonly said: string;

  constructor(what: string, said: string, options?: ErrorOptions) {
    super(`${what}\n${said.slice(-SHOWN_CHARACTERS)}`, options);
    this.said = said;
  }
}

/** Runs a program to its end and returns what it printed; throws CommandError when it fails or takes too long. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { timeoutMs, ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...rest, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
    let printed = '';
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      said += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const what = `${program.split('/').at(-1)} ${args.slice(0, 3).join(' ')}`;
    child.on('error', (cause) => reject(new CommandError(`${what} could not be started`, '', { cause })));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(printed);
      else if (signal) reject(new CommandError(`${what} ended by ${signal} (limit ${timeoutMs} ms)`, said));
      else reject(new CommandError(`${what} failed with ${code}`, said));
    });
  });
}

/** Our own environment says nothing to Fabric's programs: a stray CORE_… or ORDERER_… would change what the files say. */
export function cleanEnvironment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, FABRIC_LOGGING_SPEC: 'warn', FABRIC_LOGGING_FORMAT, ...more };
}
