// SPDX-License-Identifier: Apache-2.0
import type { RawBuilder } from 'kysely';
import type { Clause, Search } from '../../fhir/search/query.ts';
import { compartmentToken } from './content.ts';
import { readCursor } from './cursor.ts';
import { sql } from './database.ts';
import { COLUMNS, type Row } from './row.ts';

type Blind = (token: string) => bigint;
type Condition = RawBuilder<unknown>;

/**
 * The rows that may match, in order, after the cursor. It lets through a few too many (two tokens of one hash, the finer points of
 * comparing dates) and none too few: `matches` on the resource itself decides.
 */
export function candidates(search: Search, blind: Blind, limit: number, after?: string): RawBuilder<Row> {
  const order = orderOf(search);
  const conditions = [
    sql`v.type = ${search.type}`,
    sql`v.current and not v.deleted`,
    ...search.where.flatMap((clause) => condition(clause, blind)),
    ...(search.patients ? [compartments(search.patients, blind)] : []),
    ...(after === undefined ? [] : [beyond(search, order, after)]),
  ];
  const direction = sql.raw(search.sort.descending ? 'desc' : 'asc');
  return sql<Row>`select ${COLUMNS} from version v where ${sql.join(conditions, sql` and `)}
    order by ${order} ${direction}, v.id ${direction} limit ${limit}`;
}

function condition(clause: Clause, blind: Blind): Condition[] {
  switch (clause.kind) {
    case 'token':
      // Rows that only share a hash with a negated token would be lost if the database decided on it.
      return clause.negated ? [] : [sql`v.tokens && ${blinded(clause.anyOf, blind)}::bigint[]`];
    case 'id':
      return [sql`v.id = any(${[...clause.anyOf]}::text[])`];
    case 'date':
      return dateCondition(clause);
    default:
      return clause satisfies never;
  }
}

function dateCondition({ of, comparison, start, end }: Extract<Clause, { kind: 'date' }>): Condition[] {
  const from = sql.raw(of === 'updated' ? 'v.updated' : 'v.period_start');
  const to = sql.raw(of === 'updated' ? 'v.updated' : 'v.period_end');
  const reaches = sql`${to} >= ${start}::timestamptz`;
  const begins = sql`${from} <= ${end}::timestamptz`;
  switch (comparison) {
    case 'eq':
      return [reaches, begins];
    case 'gt':
    case 'ge':
    case 'sa':
      return [reaches];
    case 'lt':
    case 'le':
    case 'eb':
      return [begins];
    case 'ne':
      return [];
    default:
      return comparison satisfies never;
  }
}

function compartments(patients: readonly string[], blind: Blind): Condition {
  const tokens = blinded(patients.map(compartmentToken), blind);
  return sql`(v.patient is null or v.tokens && ${tokens}::bigint[])`;
}

/** What has no clinical time comes last either way. */
function orderOf({ sort }: Search): RawBuilder<unknown> {
  if (sort.by === 'updated') return sql`v.updated`;
  return sort.descending
    ? sql`coalesce(v.period_start, '-infinity'::timestamptz)`
    : sql`coalesce(v.period_start, 'infinity'::timestamptz)`;
}

function beyond({ sort }: Search, order: RawBuilder<unknown>, after: string): Condition {
  const place = readCursor(after);
  const value = place.value ?? (sort.descending ? '-infinity' : 'infinity');
  const side = sql.raw(sort.descending ? '<' : '>');
  return sql`(${order}, v.id) ${side} (${value}::timestamptz, ${place.id})`;
}

function blinded(tokens: readonly string[], blind: Blind): string {
  return `{${tokens.map(blind).join(',')}}`;
}
