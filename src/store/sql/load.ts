// SPDX-License-Identifier: Apache-2.0
import type { Search } from '../../fhir/search/query.ts';
import { NOBODY, type PatientKeys } from '../keys/patients.ts';
import type { Prepared } from '../unit/prepare.ts';
import { Present } from '../unit/present.ts';
import { openRow } from './content.ts';
import { type Db, sql } from './database.ts';
import { COLUMNS, type Row } from './row.ts';
import { candidates } from './search.ts';

// More than two are never told apart; the rest is room for rows that only share a hash, or that earlier units of the group change.
const ENOUGH_CANDIDATES = 50;

/** Everything that the units of a group must know of the present, in two statements however many they are. */
export async function loadPresent(
  db: Db,
  group: readonly Prepared[],
  { keys, blind }: { keys: PatientKeys; blind: (token: string) => bigint },
): Promise<Present> {
  const searches = group.flatMap(({ conditions, references }) => [
    ...conditions.filter((condition) => condition !== undefined),
    ...references.values(),
  ]);
  const rows = [
    ...(await namedRows(db, group.flatMap(({ named }) => named).concat(searches.flatMap(namesIn)))),
    ...(await identifiedRows(db, searches.filter(isByIdentifier), blind)),
  ];
  for (const search of searches)
    if (!isByIdentifier(search) && namesIn(search).length === 0)
      rows.push(...(await candidates(search, blind, ENOUGH_CANDIDATES).execute(db)).rows);

  const present = new Present();
  const found = await keys.find(
    db,
    rows.map(({ patient }) => patient ?? NOBODY),
  );
  const loaded = new Set<string>();
  for (const row of rows) {
    const name = `${row.type}/${row.id}`;
    if (loaded.has(name)) continue;
    loaded.add(name);
    present.load(openRow(row, found));
  }
  return present;
}

/** The current rows of these names, deleted ones too. */
export async function namedRows(
  db: Db,
  named: readonly { readonly type: string; readonly id: string }[],
): Promise<Row[]> {
  if (named.length === 0) return [];
  const names = named.map(({ type, id }) => ({ type, id }));
  const { rows } = await sql<Row>`select ${COLUMNS} from version v
    where v.current and (v.type, v.id) in
      (select type, id from json_to_recordset(${JSON.stringify(names)}::json) as named(type text, id text))`.execute(
    db,
  );
  return rows;
}

/** What a search for nothing but ids names: "unless it is there already". */
function namesIn({ type, where }: Search): { type: string; id: string }[] {
  const [clause, ...more] = where;
  return clause?.kind === 'id' && more.length === 0 ? clause.anyOf.map((id) => ({ type, id })) : [];
}

/** An identifier is had by one or two resources, so all of these are looked up together and told apart when they are read. */
function isByIdentifier({ where }: Search): boolean {
  const [clause, ...more] = where;
  return (
    clause?.kind === 'token' && !clause.negated && more.length === 0 && clause.anyOf.every(isWholeIdentifier)
  );
}

// With a value: `identifier|system|` is had by everybody with an identifier of that system.
function isWholeIdentifier(token: string): boolean {
  return token.startsWith('identifier|') && !token.endsWith('|');
}

async function identifiedRows(db: Db, searches: readonly Search[], blind: (token: string) => bigint) {
  if (searches.length === 0) return [];
  const tokens = new Set(
    searches.flatMap(({ where }) =>
      where.flatMap((clause) => (clause.kind === 'token' ? clause.anyOf.map(blind) : [])),
    ),
  );
  const types = [...new Set(searches.map(({ type }) => type))];
  // Token by token, for of many at once the planner thinks that it might as well read the whole table.
  const { rows } =
    await sql<Row>`select ${COLUMNS} from unnest(${`{${[...tokens].join(',')}}`}::bigint[]) as wanted (token)
    cross join lateral (
      select * from version where current and not deleted and tokens @> array[wanted.token] offset 0
    ) v where v.type = any(${types}::text[])`.execute(db);
  return rows;
}
