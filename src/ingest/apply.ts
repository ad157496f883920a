// SPDX-License-Identifier: Apache-2.0
import { auditEvent } from '../audit/event.ts';
import type { ConversionEntry } from '../normalize/convert.ts';
import type { AuditDraft, Change, ChangeResult, Unit } from '../store/store.ts';

/** Which message a unit comes from, and who answers for it. */
export interface Origin {
  readonly inboxId: string;
  /** The organization, as the ledger knows it. */
  readonly participant: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** When what it says was recorded; absent: the order of arrival decides. */
  readonly asOf?: number;
}

/** What a message says of a resource, as it is to be stored. */
export interface StoredEntry extends ConversionEntry {
  /** Elements that hold whatever is newer. */
  readonly anyway?: readonly string[];
}

/** What a message says, as one wish to change the store: all of it together with the end of the message in the inbox, or nothing. */
export function unitOf(
  entries: readonly StoredEntry[],
  origin: Origin,
  further: readonly Change[] = [],
): Unit {
  return {
    changes: [...entries.map((entry) => changeOf(entry, origin.asOf)), ...further],
    audit: auditOf(origin),
    settles: { inboxId: origin.inboxId },
  };
}

/** What a message says of a resource is merged into it. What is written once is left alone when it is there, so that a replay changes nothing. */
function changeOf(entry: StoredEntry, asOf: number | undefined): Change {
  const { create, ...said } = entry;
  if (!create) return { op: 'merge', ...said, ...(asOf === undefined ? {} : { asOf }) };
  const { resource, fullUrl } = entry;
  const { resourceType: type, id } = resource;
  if (id === undefined) return { op: 'create', resource, fullUrl };
  const sort = { by: 'updated', descending: false } as const;
  const ifNoneExist = { type, where: [{ kind: 'id', anyOf: [id] } as const], sort };
  return {
    ...{ op: 'create', resource, fullUrl, ifNoneExist },
    ...(asOf === undefined ? {} : { mentionedAt: asOf }),
  };
}

/** One event for each patient whose records were touched, and one of the organization's own for what belongs to nobody. */
export function auditOf(origin: Origin): (results: readonly ChangeResult[]) => AuditDraft[] {
  return (results) => {
    const changed = results.filter((result) => result.outcome !== 'unchanged');
    const byPatient = new Map<string | undefined, ChangeResult[]>();
    for (const each of changed) {
      const { patient } = each.stored;
      byPatient.set(patient, [...(byPatient.get(patient) ?? []), each]);
    }
    return [...byPatient].map(([patient, touched]) =>
      auditEvent({
        action: touched.some((each) => each.outcome === 'created') ? 'C' : 'U',
        interaction: 'hl7v2',
        outcome: 'success',
        agent: { participant: origin.participant },
        ...(patient === undefined ? {} : { patient }),
        entities: touched.map(({ stored: { type, id, version } }) => `${type}/${id}/_history/${version}`),
        at: new Date(origin.at).toISOString(),
      }),
    );
  };
}
