// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { PatientKeys } from '../keys/patients.ts';
import { NOBODY } from '../keys/patients.ts';
import type { Committed, Stored } from '../store.ts';
import { type Applied, applyUnit, type Surroundings } from '../unit/apply.ts';
import type { Prepared } from '../unit/prepare.ts';
import type { Draft } from '../unit/present.ts';
import { makeAudits } from './audits.ts';
import { sealRow } from './content.ts';
import type { Db } from './database.ts';
import { settle, unsettled } from './inbox.ts';
import { loadPresent } from './load.ts';
import { changeVersions, insertVersions, lockLogSize, type RowChange, setLogSize } from './row.ts';

export interface Writing {
  readonly db: Db;
  readonly keys: PatientKeys;
  readonly blind: (token: string) => bigint;
  readonly source: string | undefined;
  /** FHIR instant. */
  readonly updated: () => string;
}

/** What became of one unit of a group. */
export type Outcome = { readonly committed: Committed } | { readonly refused: unknown };

const NOTHING: Applied = { results: [], drafts: [], restated: [] };

/**
 * Commits many units in one transaction with a handful of statements, for that is where the time goes. A unit whose own conditions
 * don't hold is refused alone; if the transaction itself fails, this throws and nothing of any unit has happened.
 */
export async function commitGroup(group: readonly Prepared[], writing: Writing): Promise<Outcome[]> {
  const { outcomes, made } = await writing.db.transaction().execute((db) => writeGroup(db, group, writing));
  for (const [patient, key] of made) writing.keys.keep(patient, key);
  return outcomes;
}

async function writeGroup(db: Db, group: readonly Prepared[], writing: Writing) {
  const firstLeaf = await lockLogSize(db);
  const open = await unsettled(db, group.flatMap(inboxId));
  const present = await loadPresent(db, group, writing);
  const surroundings: Surroundings = {
    newId: randomUUID,
    updated: writing.updated(),
    source: writing.source,
  };

  let nextLeaf = firstLeaf;
  const settled: string[] = [];
  const applied = group.map((prepared): Applied | { refused: unknown } => {
    const [message] = inboxId(prepared);
    // Processed before, or by an earlier unit of this very group: what it led to is in the store.
    if (message !== undefined && (!open.has(message) || settled.includes(message))) return NOTHING;
    try {
      const one = applyUnit(prepared, present, surroundings, nextLeaf);
      nextLeaf += one.drafts.length;
      if (message !== undefined) settled.push(message);
      return one;
    } catch (refused) {
      return { refused };
    }
  });

  const audits = applied.map((one, position) =>
    one === NOTHING || 'refused' in one ? [] : (group[position]?.unit.audit?.(one.results) ?? []),
  );
  const made = await makeAudits(db, audits.flat(), { ...surroundings, leafIndex: nextLeaf });
  const changes = applied.flatMap((one) => ('refused' in one ? [] : one.drafts));
  const restated = applied.flatMap((one) => ('refused' in one ? [] : one.restated));
  const newKeys = await write(db, { drafts: [...changes, ...made], restated }, firstLeaf, writing);
  await settle(db, settled, surroundings.updated);

  let taken = 0;
  const outcomes = applied.map((one, position): Outcome => {
    if ('refused' in one) return one;
    const mine = made.slice(taken, taken + (audits[position]?.length ?? 0));
    taken += mine.length;
    return { committed: { results: one.results, audits: mine.map(({ stored }) => stored) } };
  });
  return { outcomes, made: newKeys };
}

interface Written {
  readonly drafts: readonly Draft[];
  /** Versions that say the same as before, by newer messages. */
  readonly restated: readonly Stored[];
}

async function write(db: Db, written: Written, firstLeaf: number, { keys, blind }: Writing) {
  const { drafts } = written;
  const { last, changes } = followed(written);
  await changeVersions(db, changes);
  if (drafts.length === 0) return new Map<string, Uint8Array>();
  const found = await keys.findOrMake(
    db,
    drafts.map(({ stored }) => stored.patient ?? NOBODY),
  );
  await insertVersions(
    db,
    drafts.map(({ stored, index }) => {
      const newest = last.get(nameOf(stored)) as Stored;
      const current = newest.version === stored.version;
      return sealRow(stored, index, {
        key: found.keys.get(stored.patient ?? NOBODY) as Uint8Array,
        current,
        recorded: current ? newest.recorded : undefined,
        blind,
      });
    }),
  );
  await setLogSize(db, firstLeaf + drafts.length);
  return found.made;
}

/** The last version of each resource with all that is known of it, and what changes in the versions that the database has. */
function followed({ drafts, restated }: Written): { last: Map<string, Stored>; changes: RowChange[] } {
  const last = new Map<string, Stored>();
  const changes: RowChange[] = [];
  for (const { stored } of drafts) {
    const { type, id, version } = stored;
    if (version > 1 && !last.has(nameOf(stored)))
      changes.push({ type, id, version: version - 1, current: false, recorded: null });
    last.set(nameOf(stored), stored);
  }
  const kept = new Map<string, Stored>();
  for (const stored of restated) {
    const newest = last.get(nameOf(stored));
    if (!newest) kept.set(nameOf(stored), stored);
    else if (newest.version === stored.version) last.set(nameOf(stored), stored);
  }
  for (const { type, id, version, recorded } of kept.values())
    changes.push({ type, id, version, current: true, recorded: recorded ?? null });
  return { last, changes };
}

function nameOf({ type, id }: Stored): string {
  return `${type}/${id}`;
}

function inboxId({ unit }: Prepared): string[] {
  return unit.settles ? [unit.settles.inboxId] : [];
}
