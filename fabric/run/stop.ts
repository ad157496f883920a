// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { LastingProcess } from './process.ts';

/** Where the nodes of a native network have their logs, and the files that find their processes. */
export const logsFolder = (dir: string): string => `${dir}/run`;

/** Ends every process that a network in this folder left running; returns how many. */
export async function stopLeftRunning(dir: string): Promise<number> {
  const files = await readdir(logsFolder(dir)).catch(() => []);
  const names = files.filter((file) => file.endsWith('.pid')).map((file) => file.slice(0, -'.pid'.length));
  const processes = names.map((name) => new LastingProcess(name, logsFolder(dir)));
  const running = processes.filter((each) => each.pid() !== undefined).length;
  await Promise.all(processes.map((each) => each.end('SIGTERM')));
  return running;
}
