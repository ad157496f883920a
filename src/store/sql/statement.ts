// SPDX-License-Identifier: Apache-2.0
import { DatabaseError } from './errors.ts';

export type StatementKind =
  | 'read'
  | 'write'
  | 'begin'
  | 'commit'
  | 'rollback'
  /** Part of a transaction's story, replayed with it. */
  | 'savepoint'
  /** Refused by PostgreSQL inside a transaction, and without effect on what the tables say. */
  | 'maintenance';

const FIRST_WORD = /^(?:[\s(]|--[^\n]*\n|\/\*[\s\S]*?\*\/)*([a-z]+)/i;
const CHANGES = /\b(insert|update|delete|merge)\b/i;

// What gives another answer when it is run again: clocks, randomness, and sequences, which also advance in transactions that fail.
const VOLATILE_CALL =
  /\b(now|random|random_normal|gen_random_uuid|gen_random_bytes|uuid_generate_v\d\w*|uuidv[47]|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|nextval|txid_current|pg_current_xact_id|pg_backend_pid)\s*\(/i;
const VOLATILE_WORD =
  /\b(current_timestamp|current_date|current_time|localtimestamp|localtime|(big|small)?serial|as\s+identity)\b/i;
const SEQUENCE_CALL = /\b(nextval|setval)\s*\(/i;

const KINDS: Readonly<Record<string, StatementKind>> = {
  select: 'read',
  show: 'read',
  values: 'read',
  table: 'read',
  explain: 'read',
  fetch: 'read',
  declare: 'read',
  close: 'read',
  lock: 'read',
  set: 'read',
  reset: 'read',
  begin: 'begin',
  start: 'begin',
  commit: 'commit',
  end: 'commit',
  abort: 'rollback',
  savepoint: 'savepoint',
  release: 'savepoint',
  vacuum: 'maintenance',
  analyze: 'maintenance',
  checkpoint: 'maintenance',
  reindex: 'maintenance',
};

const MAX_REMEMBERED = 2_000;
const remembered = new Map<string, StatementKind>();

/**
 * What a statement does to the database. Throws DatabaseError('VOLATILE_STATEMENT') for one that writes and would not write
 * the same again: the journal replays statements, so times, ids and random values are made by the caller and passed as parameters.
 */
export function kindOf(text: string): StatementKind {
  const known = remembered.get(text);
  if (known) return known;
  const kind = classify(text);
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(text, kind);
  return kind;
}

function classify(text: string): StatementKind {
  const word = FIRST_WORD.exec(text)?.[1]?.toLowerCase() ?? '';
  if (word === 'rollback') return /\bto\b/i.test(text) ? 'savepoint' : 'rollback';
  const kind = word === 'with' ? (CHANGES.test(text) ? 'write' : 'read') : (KINDS[word] ?? 'write');
  const found =
    kind === 'write'
      ? (VOLATILE_CALL.exec(text) ?? VOLATILE_WORD.exec(text))
      : kind === 'read'
        ? SEQUENCE_CALL.exec(text)
        : null;
  if (found)
    throw new DatabaseError(
      'VOLATILE_STATEMENT',
      `a statement starting with "${word}" uses ${found[1] ?? found[0]}: pass times, ids and random values as parameters`,
    );
  return kind;
}
