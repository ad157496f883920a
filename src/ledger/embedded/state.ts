// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from '../../store/sql/database.ts';
import type { LedgerKeys } from './keys.ts';
import type { Slot, Version, Write } from './rwset.ts';
import { slotName } from './rwset.ts';

export interface Committed {
  readonly value: Uint8Array;
  readonly version: Version;
}

export interface Modification {
  readonly transaction: string;
  readonly at: number;
  readonly value?: Uint8Array;
}

const MAX_CACHED = 20_000;
const MAX_CACHED_VALUE_BYTES = 8192;

/** The committed state. Single keys are kept at hand, the ones not used for longest are let go. */
export class CommittedState {
  readonly #db: Db;
  readonly #keys: LedgerKeys;
  readonly #cache = new Map<string, Committed | undefined>();
  #commits = 0;

  constructor(db: Db, keys: LedgerKeys) {
    this.#db = db;
    this.#keys = keys;
  }

  async get(slot: Slot): Promise<Committed | undefined> {
    const name = slotName(slot);
    if (this.#cache.has(name)) {
      const cached = this.#cache.get(name);
      this.#remember(name, cached);
      return cached;
    }
    const commits = this.#commits;
    const found =
      slot.collection === undefined ? await this.#readPublic(slot.key) : await this.#readPrivate(slot);
    // A block that was committed meanwhile may have written this very slot: what was read may be of before.
    if (commits === this.#commits) this.#remember(name, found);
    return found;
  }

  /** In the order of keys. `end` is excluded, and empty when there is none. */
  async range(start: string, end: string): Promise<(Committed & { key: string })[]> {
    const upTo = end === '' ? sql`true` : sql`key < ${bytes(end)}`;
    const { rows } = await sql<{ key: Uint8Array; value: Uint8Array; version: string }>`
      select key, value, version from ledger_state where key >= ${bytes(start)} and ${upTo} order by key
    `.execute(this.#db);
    return rows.map((row) => ({ ...row, key: Buffer.from(row.key).toString('utf8') }));
  }

  /** Newest first, as Fabric answers. */
  async history(key: string): Promise<Modification[]> {
    const { rows } = await sql<{ transaction: string; at: string | number; value: Uint8Array | null }>`
      select transaction, at, value from ledger_state_history where key = ${bytes(key)}
      order by block desc, position desc
    `.execute(this.#db);
    return rows.map(({ transaction, at, value }) => ({
      transaction,
      at: Number(at),
      ...(value ? { value } : {}),
    }));
  }

  /** Takes in what a block has written, in its order. */
  committed(writes: readonly (Write & { readonly version: Version })[]): void {
    this.#commits += 1;
    for (const write of writes) {
      const { value, version } = write;
      this.#remember(slotName(write), value === undefined ? undefined : { value, version });
    }
  }

  forgetAll(): void {
    this.#commits += 1;
    this.#cache.clear();
  }

  #remember(name: string, committed: Committed | undefined): void {
    this.#cache.delete(name);
    if (committed && committed.value.length > MAX_CACHED_VALUE_BYTES) return;
    this.#cache.set(name, committed);
    if (this.#cache.size <= MAX_CACHED) return;
    for (const oldest of this.#cache.keys()) {
      this.#cache.delete(oldest);
      return;
    }
  }

  async #readPublic(key: string): Promise<Committed | undefined> {
    const { rows } =
      await sql<Committed>`select value, version from ledger_state where key = ${bytes(key)}`.execute(
        this.#db,
      );
    return rows[0];
  }

  async #readPrivate({ collection = '', key }: Slot): Promise<Committed | undefined> {
    const { rows } = await sql<Committed>`
      select value, version from ledger_private where collection = ${collection} and key = ${bytes(key)}
    `.execute(this.#db);
    const [row] = rows;
    return row && { value: this.#keys.open(row.value, slotName({ collection, key })), version: row.version };
  }
}

export function bytes(key: string): Buffer {
  return Buffer.from(key, 'utf8');
}
