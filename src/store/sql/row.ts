// SPDX-License-Identifier: Apache-2.0
import { type Db, sql } from './database.ts';

/** A row of `version` as it is read. */
export interface Row {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly deleted: boolean;
  readonly updated: Date;
  readonly patient: string | null;
  readonly leaf_index: number;
  readonly leaf: Uint8Array;
  readonly content: Uint8Array;
  readonly content_key: Uint8Array;
  readonly period_start: Date | null;
  readonly recorded: string | null;
}

export const COLUMNS = sql.raw(
  'v.type, v.id, v.version, v.deleted, v.updated, v.patient, v.leaf_index, v.leaf, v.content, v.content_key, v.period_start, v.recorded',
);

/** The same as it is written: JSON, for that takes one parameter however many rows there are, on every driver. */
export interface NewRow {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly current: boolean;
  readonly deleted: boolean;
  readonly updated: string;
  readonly patient: string | null;
  readonly leaf_index: number;
  /** base64, as `content` and `content_key`. */
  readonly leaf: string;
  readonly content: string;
  readonly content_key: string;
  /** An array literal: 64-bit numbers don't survive JSON. */
  readonly tokens: string;
  readonly period_start: string | null;
  readonly period_end: string | null;
  readonly recorded: string | null;
}

export async function insertVersions(db: Db, rows: readonly NewRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`insert into version (type, id, version, current, deleted, updated, patient, leaf_index, leaf, content,
      content_key, tokens, period_start, period_end, recorded)
    select type, id, version, current, deleted, updated, patient, leaf_index, decode(leaf, 'base64'),
      decode(content, 'base64'), decode(content_key, 'base64'), tokens::bigint[], period_start, period_end, recorded
    from json_to_recordset(${JSON.stringify(rows)}::json) as new(type text, id text, version integer, current boolean,
      deleted boolean, updated timestamptz, patient text, leaf_index bigint, leaf text, content text,
      content_key text, tokens text, period_start timestamptz, period_end timestamptz, recorded text)`.execute(
    db,
  );
}

/** What changes in a row that is there: it has been followed by a newer one, or what it says was said again, and more recently. */
export interface RowChange {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly current: boolean;
  readonly recorded: string | null;
}

export async function changeVersions(db: Db, changes: readonly RowChange[]): Promise<void> {
  if (changes.length === 0) return;
  await sql`update version v set current = new.current, recorded = new.recorded
    from json_to_recordset(${JSON.stringify(changes)}::json) as new(type text, id text, version integer, current boolean,
      recorded text)
    where v.type = new.type and v.id = new.id and v.version = new.version`.execute(db);
}

/** Locks the log's end until the transaction is over: writers of all instances take turns, in the order of their leaves. */
export async function lockLogSize(db: Db): Promise<number> {
  const { rows } = await sql<{ size: number }>`select size from log_size for update`.execute(db);
  return Number(rows[0]?.size);
}

export async function setLogSize(db: Db, size: number): Promise<void> {
  await sql`update log_size set size = ${size}`.execute(db);
}
