// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../../fhir/outcome.ts';
import { rewriteReferences } from '../../fhir/references.ts';
import type { Resource } from '../../fhir/resource.ts';
import { indexResource } from '../../fhir/search/indexing.ts';
import type { SearchIndex } from '../../fhir/search/query.ts';
import type { Change, ChangeResult, Stored } from '../store.ts';
import { mergeInto } from './merge.ts';
import type { Prepared } from './prepare.ts';
import type { Draft, Present } from './present.ts';
import { Recorded } from './recorded.ts';
import { findTargets, type Target } from './targets.ts';
import { makeVersion, saysTheSame, tombstone } from './version.ts';

/** What a unit takes from the outside. */
export interface Surroundings {
  readonly newId: () => string;
  /** FHIR instant at which the group is written. */
  readonly updated: string;
  /** For `meta.source` of what doesn't say where it came from. */
  readonly source: string | undefined;
}

export interface Applied {
  readonly results: readonly ChangeResult[];
  readonly drafts: readonly Draft[];
  /** What was said again, and more recently: the versions stay, with what is known of them now. */
  readonly restated: readonly Stored[];
}

const NOTHING_TO_FIND: SearchIndex = { tokens: [], patients: [] };

/**
 * Works out what the unit makes of the present; nothing is written yet. Leaves are numbered from `leafIndex` on.
 * Throws FhirError, and then nothing of the unit counts.
 */
export function applyUnit(
  prepared: Prepared,
  present: Present,
  surroundings: Surroundings,
  leafIndex: number,
): Applied {
  try {
    const { targets, names } = findTargets(prepared, present, surroundings.newId);
    const drafts: Draft[] = [];
    const restated: Stored[] = [];
    const results = prepared.unit.changes.map((change, position) => {
      const target = targets[position] as Target;
      const existing = present.current(target.type, target.id);
      if (target.leave && existing && !precedes(change, existing))
        return { outcome: 'unchanged', stored: existing } as const;
      const { draft, result } = applyChange(change, target, existing, {
        ...surroundings,
        names,
        leafIndex: leafIndex + drafts.length,
      });
      if (draft) drafts.push(draft);
      else if (result.stored !== existing) restated.push(result.stored);
      if (result.stored !== existing) present.change(result.stored);
      return result;
    });
    present.keepUnit();
    return { results, drafts, restated };
  } catch (cause) {
    present.dropUnit();
    throw cause;
  }
}

interface Making extends Surroundings {
  readonly names: ReadonlyMap<string, string>;
  readonly leafIndex: number;
}

interface Made {
  readonly result: ChangeResult;
  /** Absent: there is no new version. */
  readonly draft?: Draft;
}

function applyChange(change: Change, target: Target, existing: Stored | undefined, making: Making): Made {
  if ('ifMatch' in change && change.ifMatch !== undefined && existing?.version !== change.ifMatch)
    throw FhirError.of(412, 'conflict', `${target.type}/${target.id} is not at version ${change.ifMatch}`);
  if (change.op === 'delete') return applyDelete(target, existing, making);
  if (existing?.deleted && isOlder(change, existing))
    return { result: { outcome: 'unchanged', stored: existing, late: true } };
  const { resource, recorded, late } = content(change, target, existing, making);
  const said = late ? ({ late } as const) : {};
  if (existing && saysTheSame(resource, existing)) {
    const stored =
      recorded === undefined || recorded === existing.recorded ? existing : { ...existing, recorded };
    return { result: { outcome: 'unchanged', stored, ...said } };
  }
  const index = indexResource(resource);
  const stored = makeVersion(resource, {
    version: (existing?.version ?? 0) + 1,
    updated: making.updated,
    deleted: false,
    patient: index.patients[0],
    leafIndex: making.leafIndex,
    recorded,
  });
  const outcome = existing && !existing.deleted ? 'updated' : 'created';
  return { result: { outcome, stored, ...said }, draft: { stored, index } };
}

interface Content {
  readonly resource: Resource;
  readonly recorded: string | undefined;
  readonly late?: boolean;
}

function content(
  change: Exclude<Change, { op: 'delete' }>,
  target: Target,
  existing: Stored | undefined,
  making: Making,
): Content {
  const said = rewriteReferences(change.resource, making.names);
  const made =
    change.op === 'merge' ? merged(change, said, existing) : written(change, said, existing, making);
  const { resource } = made;
  resource.id = target.id;
  if (making.source !== undefined && resource.meta?.source === undefined)
    resource.meta = { ...resource.meta, source: making.source };
  return made;
}

function merged(
  change: Extract<Change, { op: 'merge' }>,
  said: Resource,
  existing: Stored | undefined,
): Content {
  const known = Recorded.read(existing?.recorded);
  // What was only mentioned stands back for the first who has something to say of it.
  const base = existing && !existing.deleted && known.mentioned === undefined ? existing : undefined;
  const recorded = base ? known : new Recorded();
  const { resource, late } = mergeInto(base?.resource, said, change, recorded);
  return { resource, recorded: recorded.print(), late };
}

function written(
  change: Extract<Change, { op: 'create' | 'update' }>,
  resource: Resource,
  existing: Stored | undefined,
  making: Making,
): Content {
  if (change.op === 'update' && change.sameFacts) return { resource, recorded: existing?.recorded };
  const at = change.op === 'create' ? change.mentionedAt : undefined;
  const recorded = at === undefined ? Recorded.whole(Date.parse(making.updated)) : Recorded.mention(at);
  return { resource, recorded: recorded.print() };
}

/** An older mention of what was only mentioned so far: as if it had come first. */
function precedes(change: Change, { recorded }: Stored): boolean {
  if (change.op !== 'create' || change.mentionedAt === undefined) return false;
  const known = Recorded.read(recorded).mentioned;
  return known !== undefined && change.mentionedAt < known;
}

/** What was deleted since isn't brought back by what was recorded before. */
function isOlder(change: Change, { recorded }: Stored): boolean {
  const at = change.op === 'merge' ? change.asOf : change.op === 'create' ? change.mentionedAt : undefined;
  return at !== undefined && at < Recorded.read(recorded).everything;
}

function applyDelete({ type, id }: Target, existing: Stored | undefined, making: Making): Made {
  if (!existing) throw FhirError.of(404, 'not-found', `${type}/${id} does not exist`);
  if (existing.deleted) return { result: { outcome: 'unchanged', stored: existing } };
  const stored = makeVersion(tombstone(type, id), {
    version: existing.version + 1,
    updated: making.updated,
    deleted: true,
    patient: existing.patient,
    leafIndex: making.leafIndex,
    recorded: Recorded.whole(Date.parse(making.updated)).print(),
  });
  return { result: { outcome: 'deleted', stored }, draft: { stored, index: NOTHING_TO_FIND } };
}
