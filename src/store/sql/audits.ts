// SPDX-License-Identifier: Apache-2.0
import { copyJson } from '../../fhir/json.ts';
import { MOORING_BASE, type Resource } from '../../fhir/resource.ts';
import { indexResource } from '../../fhir/search/indexing.ts';
import { NOBODY } from '../keys/patients.ts';
import type { AuditDraft } from '../store.ts';
import type { Draft } from '../unit/present.ts';
import { makeVersion } from '../unit/version.ts';
import { type Db, sql } from './database.ts';

export const AUDIT_SEQUENCE = `${MOORING_BASE}/StructureDefinition/audit-sequence`;

/**
 * Gives each event its place in its patient's sequence. The sequence is dense, and its numbers are part of what the log commits to:
 * an event that is left out of an answer leaves a gap.
 */
export async function makeAudits(
  db: Db,
  drafts: readonly AuditDraft[],
  making: { newId: () => string; updated: string; source: string | undefined; leafIndex: number },
): Promise<Draft[]> {
  const next = await takeNumbers(db, drafts);
  return drafts.map(({ patient, event }, position) => {
    const resource = numbered(event, next(patient ?? NOBODY), making);
    const stored = makeVersion(resource, {
      version: 1,
      updated: making.updated,
      deleted: false,
      patient,
      leafIndex: making.leafIndex + position,
      recorded: undefined,
    });
    return { stored, index: indexResource(resource) };
  });
}

function numbered(
  event: Resource,
  number: number,
  { newId, source }: { newId: () => string; source: string | undefined },
): Resource {
  const resource = copyJson(event);
  resource.id = newId();
  if (source !== undefined && resource.meta?.source === undefined)
    resource.meta = { ...resource.meta, source };
  const others = Array.isArray(resource['extension']) ? resource['extension'] : [];
  resource['extension'] = [...others, { url: AUDIT_SEQUENCE, valueInteger: number }];
  return resource;
}

/** Reserves as many numbers for each patient as it has events here, in one statement. */
async function takeNumbers(db: Db, drafts: readonly AuditDraft[]): Promise<(patient: string) => number> {
  const counts = new Map<string, number>();
  for (const { patient = NOBODY } of drafts) counts.set(patient, (counts.get(patient) ?? 0) + 1);
  if (counts.size === 0) return () => 0;
  const wanted = [...counts].map(([patient, count]) => ({ patient, count }));
  const { rows } = await sql<{ patient: string; last: number }>`
    insert into audit_sequence as s (patient, last)
    select patient, count from json_to_recordset(${JSON.stringify(wanted)}::json) as new(patient text, count bigint)
    on conflict (patient) do update set last = s.last + excluded.last
    returning patient, last`.execute(db);
  const taken = new Map(rows.map((row) => [row.patient, Number(row.last) - (counts.get(row.patient) ?? 0)]));
  return (patient) => {
    const number = (taken.get(patient) ?? 0) + 1;
    taken.set(patient, number);
    return number;
  };
}
