// SPDX-License-Identifier: Apache-2.0
import { matches } from '../../fhir/search/matches.ts';
import type { Search } from '../../fhir/search/query.ts';
import { StoreError } from '../errors.ts';
import { openBlinder } from '../keys/blind.ts';
import type { Keyring } from '../keys/keyring.ts';
import { NOBODY, PatientKeys } from '../keys/patients.ts';
import type { Committed, Store, Stored, Unit } from '../store.ts';
import { prepare } from '../unit/prepare.ts';
import { openRow } from './content.ts';
import type { SortKey } from './cursor.ts';
import { type Db, sql } from './database.ts';
import { Groups } from './groups.ts';
import { Reads } from './reads.ts';
import { COLUMNS, type Row } from './row.ts';
import { candidates } from './search.ts';

export interface StoreOptions {
  readonly db: Db;
  readonly keyring: Keyring;
  readonly now: () => number;
  /** `meta.source` of what doesn't say where it came from. */
  readonly source?: string;
}

export interface OpenStore extends Store {
  /** Finishes what was asked for before; what comes after is refused. */
  close(): Promise<void>;
}

const FIRST_CHUNK = 16;
const LARGEST_CHUNK = 256;

/** The store in a schema of the database, shared with any other instance that opens it. */
export async function openStore({ db, keyring, now, source }: StoreOptions): Promise<OpenStore> {
  const blind = openBlinder(await keyring.secret('blind-index'));
  const keys = new PatientKeys(keyring);
  return new SqlStore(db, keys, blind, new Groups({ db, keys, blind, source, updated: risingInstants(now) }));
}

class SqlStore implements OpenStore {
  readonly #db: Db;
  readonly #keys: PatientKeys;
  readonly #blind: (token: string) => bigint;
  readonly #groups: Groups;
  readonly #reads: Reads;
  #closed = false;

  constructor(db: Db, keys: PatientKeys, blind: (token: string) => bigint, groups: Groups) {
    this.#db = db;
    this.#keys = keys;
    this.#blind = blind;
    this.#groups = groups;
    this.#reads = new Reads(db);
  }

  async commit(unit: Unit): Promise<Committed> {
    if (this.#closed) throw new StoreError('CLOSED', 'the store is closed');
    return this.#groups.commit(prepare(unit));
  }

  async read(type: string, id: string, version?: number): Promise<Stored | undefined> {
    if (version === undefined) {
      const row = await this.#reads.current(type, id);
      return row && (await this.#open([row]))[0];
    }
    const { rows } = await sql<Row>`select ${COLUMNS} from version v
      where v.type = ${type} and v.id = ${id} and v.version = ${version}`.execute(this.#db);
    return (await this.#open(rows))[0];
  }

  async *history(type: string, id: string): AsyncIterable<Stored> {
    let before: number | undefined;
    for (let limit = FIRST_CHUNK; ; limit = grow(limit)) {
      const older = before === undefined ? sql`true` : sql`v.version < ${before}`;
      const { rows } = await sql<Row>`select ${COLUMNS} from version v
        where v.type = ${type} and v.id = ${id} and ${older}
        order by v.version desc limit ${limit}`.execute(this.#db);
      yield* await this.#open(rows);
      if (rows.length < limit) return;
      before = rows.at(-1)?.version;
    }
  }

  async *search(search: Search, after?: string): AsyncIterable<Stored> {
    let place = after;
    for (let limit = FIRST_CHUNK; ; limit = grow(limit)) {
      const { rows } = await candidates(search, this.#blind, limit, place).execute(this.#db);
      const found = await this.#open(rows, search.sort.by);
      for (const stored of found) if (matches(stored.resource, search)) yield stored;
      if (rows.length < limit) return;
      place = found.at(-1)?.cursor;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#groups.settled();
  }

  async #open(rows: readonly Row[], by: SortKey = 'updated'): Promise<Stored[]> {
    if (rows.length === 0) return [];
    const keys = await this.#keys.find(
      this.#db,
      rows.map(({ patient }) => patient ?? NOBODY),
    );
    return rows.map((row) => openRow(row, keys, by));
  }
}

function grow(limit: number): number {
  return Math.min(limit * 2, LARGEST_CHUNK);
}

/** A clock that is set back must not make a newer version look older. */
function risingInstants(now: () => number): () => string {
  let latest = 0;
  return () => {
    latest = Math.max(latest, now());
    return new Date(latest).toISOString();
  };
}
