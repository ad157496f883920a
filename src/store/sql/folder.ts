// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bootId } from './boot.ts';
import { DatabaseError } from './errors.ts';
import { copyDurably, sizeOfTree, syncFolder, syncTree, writeDurably } from './files.ts';
import { type Entry, Journal, type JournalRecord } from './journal.ts';
import { lockFolder } from './lock.ts';
import type { Pglite } from './pglite.ts';
import { CREATE_POSITION, markPosition, replay } from './replay.ts';
import { openThread } from './thread.ts';

/** How the last run of the database ended, as far as the one that began it could know. */
interface Run {
  readonly boot?: string;
  /** PGlite's files were closed and synced. */
  readonly clean: boolean;
}

// A big database is worth a longer journal, so that copying it stays a small share of the writing; a start replays it in a minute or two.
const BIG_DATABASE_BYTES = 128 * 2 ** 20;
const MAX_JOURNAL_BYTES = 512 * 2 ** 20;

interface Opened {
  readonly pglite: Pglite;
  readonly folder: DataFolder;
  /** Of the last transaction that PGlite has. */
  readonly position: number;
}

/** Opens the database in the folder, with every transaction that was acknowledged, whatever happened to the process or the machine. */
export async function openDataFolder(folder: string, snapshotAfterBytes: number): Promise<Opened> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const unlock = await lockFolder(folder);
  try {
    const data = new DataFolder(folder, snapshotAfterBytes, unlock);
    return { folder: data, ...(await data.open()) };
  } catch (cause) {
    await unlock();
    throw cause;
  }
}

/**
 * `pglite/` is PGlite's own; `snapshot-<position>/` a synced copy of it as of that transaction, and `journal-<position>` what was
 * committed since; `run.json` says whether PGlite's files can be trusted; `lock` keeps a second process out.
 */
export class DataFolder {
  readonly #folder: string;
  readonly #snapshotAfterBytes: number;
  readonly #unlock: () => Promise<void>;
  #journal: Journal | undefined;
  /** Position of the newest snapshot. */
  #base: number | undefined;
  #baseBytes = 0;

  constructor(folder: string, snapshotAfterBytes: number, unlock: () => Promise<void>) {
    this.#folder = folder;
    this.#snapshotAfterBytes = snapshotAfterBytes;
    this.#unlock = unlock;
  }

  async open(): Promise<{ pglite: Pglite; position: number }> {
    const run = await this.#readRun();
    const base = await this.#newestSnapshot();
    if (base === undefined) return this.#begin(run);
    this.#base = base;
    this.#baseBytes = await sizeOfTree(this.#path('snapshot', base));
    const boot = await bootId();
    const intact = run !== undefined && (run.clean || (boot !== undefined && run.boot === boot));
    const { journal, records } = await Journal.open(this.#path('journal', base));
    this.#journal = journal;
    try {
      return await this.#recover(records, intact && existsSync(this.#pglite));
    } catch (cause) {
      await journal.close();
      throw cause;
    }
  }

  /** The text that commits the open transaction and marks it, in the database itself, as the one at that position of the journal. */
  commitAt(position: number): string {
    return `${markPosition(position)}; commit`;
  }

  async append(position: number, entry: Entry): Promise<void> {
    await this.#journal?.append(position, entry);
  }

  async synced(): Promise<void> {
    await this.#journal?.synced();
  }

  wantsSnapshot(): boolean {
    const share = this.#baseBytes > BIG_DATABASE_BYTES ? Math.min(this.#baseBytes / 2, MAX_JOURNAL_BYTES) : 0;
    return (this.#journal?.sizeBytes ?? 0) > Math.max(this.#snapshotAfterBytes, share);
  }

  /** Copies PGlite's files as of the position and begins a new journal. Nobody else may use PGlite meanwhile. */
  async snapshot(pglite: Pglite, position: number): Promise<void> {
    if (position === this.#base) return;
    await this.#journal?.synced();
    await pglite.exec('checkpoint');
    const copy = this.#path('snapshot', position);
    await copyDurably(this.#pglite, copy);
    // From here on a start uses the new snapshot, and everything in the old journal is in it.
    const { journal } = await Journal.open(this.#path('journal', position));
    await syncFolder(this.#folder);
    await this.#journal?.close();
    this.#journal = journal;
    this.#base = position;
    this.#baseBytes = await sizeOfTree(copy);
    await this.#dropOlder(position);
  }

  /** `trusted`: what PGlite has is what was acknowledged, so the next start may use its files. */
  async close(trusted: boolean): Promise<void> {
    await this.#journal?.close();
    if (trusted) {
      await syncTree(this.#pglite);
      await this.#writeRun(true);
    }
    await this.#unlock();
  }

  /** The first start: nothing has been acknowledged before the first snapshot is there. */
  async #begin(run: Run | undefined): Promise<{ pglite: Pglite; position: number }> {
    if (run) throw new DatabaseError('SNAPSHOT_MISSING', `${this.#folder} was in use but holds no snapshot`);
    await rm(this.#pglite, { recursive: true, force: true });
    const pglite = await openThread({ folder: this.#pglite, fresh: true });
    await pglite.exec(CREATE_POSITION);
    await this.snapshot(pglite, 0);
    await this.#writeRun(false);
    return { pglite, position: 0 };
  }

  async #recover(records: readonly JournalRecord[], intact: boolean) {
    // Before PGlite touches its files: a run that doesn't end in `close` leaves them as untrusted as the machine's next boot makes them.
    if (intact) {
      await this.#writeRun(false);
      const opened = await this.#catchUp(records).catch(() => undefined);
      if (opened) return opened;
    }
    const aside = `${this.#pglite}.aside`;
    await rm(aside, { recursive: true, force: true });
    if (existsSync(this.#pglite)) await rename(this.#pglite, aside);
    await copyDurably(this.#path('snapshot', this.#base ?? 0), this.#pglite);
    await this.#writeRun(false);
    return this.#catchUp(records);
  }

  async #catchUp(records: readonly JournalRecord[]): Promise<{ pglite: Pglite; position: number }> {
    const pglite = await openThread({ folder: this.#pglite, fresh: false });
    try {
      const position = await replay(pglite, records);
      const last = records.at(-1)?.position ?? this.#base ?? 0;
      // Killed between PGlite's commit and the journal's: nobody was told of it, but what comes now builds on it.
      if (position > last) await this.snapshot(pglite, position);
      if (position < last)
        throw new DatabaseError('JOURNAL_DAMAGED', `the journal lacks record ${position + 1}`);
      await this.#dropOlder(this.#base ?? 0);
      return { pglite, position };
    } catch (cause) {
      await pglite.close();
      throw cause;
    }
  }

  get #pglite(): string {
    return join(this.#folder, 'pglite');
  }

  #path(what: 'snapshot' | 'journal', position: number): string {
    return join(this.#folder, `${what}-${position}`);
  }

  async #newestSnapshot(): Promise<number | undefined> {
    const positions = (await readdir(this.#folder))
      .filter((name) => /^snapshot-\d+$/.test(name))
      .map((name) => Number(name.slice('snapshot-'.length)));
    return positions.length === 0 ? undefined : Math.max(...positions);
  }

  async #dropOlder(base: number): Promise<void> {
    const keep = new Set([`snapshot-${base}`, `journal-${base}`]);
    for (const name of await readdir(this.#folder))
      if (/^(snapshot|journal)-/.test(name) && !keep.has(name))
        await rm(join(this.#folder, name), { recursive: true, force: true });
  }

  async #readRun(): Promise<Run | undefined> {
    const path = join(this.#folder, 'run.json');
    if (!existsSync(path)) return undefined;
    try {
      return JSON.parse(await readFile(path, 'utf8')) as Run;
    } catch {
      return { clean: false };
    }
  }

  async #writeRun(clean: boolean): Promise<void> {
    const boot = await bootId();
    const run: Run = { clean, ...(boot === undefined ? {} : { boot }) };
    await writeDurably(join(this.#folder, 'run.json'), JSON.stringify(run));
  }
}
