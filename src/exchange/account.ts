// SPDX-License-Identifier: Apache-2.0
import type { Decision } from '@mooring/chaincode/terms';
import { type AuditFacts, auditEvent } from '../audit/event.ts';
import { patientsOf } from '../fhir/search/compartment.ts';
import type { AuditDraft, ChangeResult, Stored } from '../store/store.ts';
import { agentOf, type Call } from './call.ts';

/** What somebody asked for, and what became of it. */
export interface Happening {
  readonly interaction: string;
  /** What the AuditEvent names when nothing was found. */
  readonly asked: string;
  readonly judged: readonly { readonly stored: Stored; readonly decision: Decision }[];
}

/**
 * One event a patient and effect: what was handed over, and what was refused. When nothing was found, the question itself is recorded in
 * the organization's own sequence, so that a refusal and an absence take the same time as well.
 */
export function recordOf(call: Call, { interaction, asked, judged }: Happening, nowMs: number): AuditDraft[] {
  const about = common(call, interaction, nowMs);
  const action = interaction === 'operation' || interaction.startsWith('$') ? 'E' : 'R';
  if (judged.length === 0) {
    return [
      auditEvent({
        ...about,
        action,
        outcome: 'success',
        entities: asked === '' ? [] : [asked],
        basis: 'NOTHING_FOUND',
      }),
    ];
  }
  const groups = new Map<
    string,
    { outcome: AuditFacts['outcome']; patient: string; entities: string[]; bases: Set<string> }
  >();
  for (const { stored, decision } of judged) {
    const outcome = decision.effect === 'permit' ? 'success' : 'denied';
    for (const patient of concerned(stored)) {
      const key = `${outcome} ${patient}`;
      const group = groups.get(key) ?? { outcome, patient, entities: [], bases: new Set<string>() };
      group.entities.push(entityOf(stored));
      group.bases.add(basisOf(decision));
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ outcome, patient, entities, bases }) =>
    auditEvent({
      ...about,
      action,
      outcome,
      entities,
      basis: [...bases].join('; '),
      ...(patient === '' ? {} : { patient }),
    }),
  );
}

/** One event a patient for what was written in one unit. */
export function recordOfWrites(
  call: Call,
  interaction: string,
  results: readonly ChangeResult[],
  nowMs: number,
): AuditDraft[] {
  const about = common(call, interaction, nowMs);
  const groups = new Map<string, ChangeResult[]>();
  for (const result of results) {
    for (const patient of concerned(result.stored))
      groups.set(patient, [...(groups.get(patient) ?? []), result]);
  }
  return [...groups].map(([patient, written]) =>
    auditEvent({
      ...about,
      action: actionOf(written),
      outcome: 'success',
      entities: written.map((result) => entityOf(result.stored)),
      ...(patient === '' ? {} : { patient }),
    }),
  );
}

/** A write that was refused: whose records it was meant for, as far as they are known here. */
export function recordOfRefusal(
  call: Call,
  interaction: string,
  refused: { readonly patient?: string; readonly entity: string; readonly reason: string },
  nowMs: number,
): AuditDraft {
  const { patient, entity, reason } = refused;
  const action = interaction === 'delete' ? 'D' : interaction === 'create' ? 'C' : 'U';
  return auditEvent({
    ...common(call, interaction, nowMs),
    action,
    outcome: 'denied',
    entities: [entity],
    basis: reason,
    ...(patient === undefined ? {} : { patient }),
  });
}

function common(call: Call, interaction: string, nowMs: number) {
  return {
    interaction,
    agent: agentOf(call),
    purpose: call.grant.purpose,
    at: new Date(nowMs).toISOString(),
  };
}

function actionOf(results: readonly ChangeResult[]): AuditFacts['action'] {
  const outcomes = new Set(results.map((result) => result.outcome));
  if (outcomes.size !== 1) return 'E';
  const [only] = outcomes;
  return only === 'created' ? 'C' : only === 'deleted' ? 'D' : 'U';
}

/** Every patient in whose compartment it lies; `''`: nobody. */
function concerned(stored: Stored): readonly string[] {
  const patients = patientsOf(stored.resource);
  if (patients.length > 0) return patients;
  return [stored.patient ?? ''];
}

function entityOf(stored: Stored): string {
  return `${stored.type}/${stored.id}/_history/${stored.version}`;
}

function basisOf(decision: Decision): string {
  if (decision.effect === 'deny') return decision.reason;
  const masked = decision.obligations.length > 0 ? ' masked' : '';
  return `Consent ${decision.consent} version ${decision.version} ${decision.provision}${masked}`;
}
