// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';

/** Tells this run of the machine from the ones before; `undefined` where the system doesn't say, which means: assume a reboot. */
export async function bootId(): Promise<string | undefined> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

/** When a process started, in the system's own ticks: process ids are used again, this pair isn't. */
export async function processStart(pid: number): Promise<string | undefined> {
  // proc(5): the second field is a name in parentheses that may hold anything; starttime is the 20th after it.
  return readFile(`/proc/${pid}/stat`, 'utf8').then(
    (text) => text.slice(text.lastIndexOf(')') + 2).split(' ')[19],
    () => undefined,
  );
}
