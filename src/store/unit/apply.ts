// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../../fhir/outcome.ts';
import { rewriteReferences } from '../../fhir/references.ts';
import type { Resource } from '../../fhir/resource.ts';
import { indexResource } from '../../fhir/search/indexing.ts';
import type { SearchIndex } from '../../fhir/search/query.ts';
import type { Change, ChangeResult, Stored } from '../store.ts';
import type { Prepared } from './prepare.ts';
import type { Draft, Present } from './present.ts';
import { findTargets, type Target } from './targets.ts';
import { makeVersion, mergeInto, saysTheSame, tombstone } from './version.ts';

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
    const results = prepared.unit.changes.map((change, position) => {
      const target = targets[position] as Target;
      const existing = present.current(target.type, target.id);
      if (target.leave && existing) return { outcome: 'unchanged', stored: existing } as const;
      const { outcome, draft, stored } = applyChange(change, target, existing, {
        ...surroundings,
        names,
        leafIndex: leafIndex + drafts.length,
      });
      if (draft) {
        drafts.push(draft);
        present.change(draft.stored);
      }
      return { outcome, stored };
    });
    present.keepUnit();
    return { results, drafts };
  } catch (cause) {
    present.dropUnit();
    throw cause;
  }
}

interface Making extends Surroundings {
  readonly names: ReadonlyMap<string, string>;
  readonly leafIndex: number;
}

function applyChange(change: Change, target: Target, existing: Stored | undefined, making: Making) {
  if ('ifMatch' in change && change.ifMatch !== undefined && existing?.version !== change.ifMatch)
    throw FhirError.of(412, 'conflict', `${target.type}/${target.id} is not at version ${change.ifMatch}`);
  if (change.op === 'delete') return applyDelete(target, existing, making);
  const resource = content(change, target, existing, making);
  if (existing && saysTheSame(resource, existing)) return { outcome: 'unchanged', stored: existing } as const;
  const index = indexResource(resource);
  const stored = makeVersion(resource, {
    version: (existing?.version ?? 0) + 1,
    updated: making.updated,
    deleted: false,
    patient: index.patients[0],
    leafIndex: making.leafIndex,
  });
  const outcome = existing && !existing.deleted ? 'updated' : 'created';
  return { outcome, stored, draft: { stored, index } } as const;
}

function content(
  change: Exclude<Change, { op: 'delete' }>,
  target: Target,
  existing: Stored | undefined,
  making: Making,
): Resource {
  const said = rewriteReferences(change.resource, making.names);
  const base = change.op === 'merge' && existing && !existing.deleted ? existing.resource : undefined;
  const resource = change.op === 'merge' && base ? mergeInto(base, said, change) : said;
  resource.id = target.id;
  if (making.source !== undefined && resource.meta?.source === undefined)
    resource.meta = { ...resource.meta, source: making.source };
  return resource;
}

function applyDelete({ type, id }: Target, existing: Stored | undefined, making: Making) {
  if (!existing) throw FhirError.of(404, 'not-found', `${type}/${id} does not exist`);
  if (existing.deleted) return { outcome: 'unchanged', stored: existing } as const;
  const stored = makeVersion(tombstone(type, id), {
    version: existing.version + 1,
    updated: making.updated,
    deleted: true,
    patient: existing.patient,
    leafIndex: making.leafIndex,
  });
  return { outcome: 'deleted', stored, draft: { stored, index: NOTHING_TO_FIND } } as const;
}
