// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bootId, processStart } from './boot.ts';
import { DatabaseError } from './errors.ts';

interface Holder {
  readonly pid: number;
  readonly boot?: string;
  readonly started?: string;
}

/**
 * Keeps a second process out of the folder until released. What a killed process left behind doesn't block: it names a process that
 * isn't there any more, by its id, its start and the machine's boot.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  const boot = await bootId();
  const started = await processStart(process.pid);
  const mine = JSON.stringify({
    pid: process.pid,
    ...(boot ? { boot } : {}),
    ...(started ? { started } : {}),
  } satisfies Holder);
  const own = `${path}.${randomUUID()}`;
  await writeFile(own, mine, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      // A link is made whole or not at all, and never over another's.
      if (await link(own, path).then(() => true, isExisting)) return () => rm(path, { force: true });
      await removeStale(path, boot);
    }
    throw inUse(path);
  } finally {
    await rm(own, { force: true });
  }
}

async function removeStale(path: string, boot: string | undefined): Promise<void> {
  const judged = await readFile(path, 'utf8').catch(() => undefined);
  if (judged === undefined) return;
  if (await isAlive(judged, boot)) throw inUse(path);
  const aside = `${path}.${randomUUID()}`;
  if (!(await rename(path, aside).then(() => true, isMissing))) return;
  // Somebody else may have taken the stale one away and locked in between: then what was moved is theirs, and goes back.
  if ((await readFile(aside, 'utf8')) !== judged) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

async function isAlive(text: string, boot: string | undefined): Promise<boolean> {
  let holder: Holder;
  try {
    holder = JSON.parse(text) as Holder;
  } catch {
    return false;
  }
  if (!Number.isSafeInteger(holder.pid) || holder.pid <= 0) return false;
  if (holder.boot && boot && holder.boot !== boot) return false;
  const started = await processStart(holder.pid);
  if (holder.started && started) return holder.started === started;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function inUse(path: string): DatabaseError {
  return new DatabaseError('IN_USE', `${path}: another process has this folder open`);
}

function isExisting(cause: NodeJS.ErrnoException): false {
  if (cause.code !== 'EEXIST') throw cause;
  return false;
}

function isMissing(cause: NodeJS.ErrnoException): false {
  if (cause.code !== 'ENOENT') throw cause;
  return false;
}
