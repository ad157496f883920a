// SPDX-License-Identifier: Apache-2.0
import type { AuditEvent, AuditEventAgent, AuditEventEntity } from 'fhir/r4.js';
import { type Coding, MOORING_BASE } from '../fhir/resource.ts';
import type { AuditDraft } from '../store/store.ts';

/** What happened, in the words of FHIR AuditEvent; ids only. */
export interface AuditFacts {
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E';
  /** Code of the interaction: `read`, `search-type`, `create`, `transaction`, `hl7v2`, `token`, … */
  readonly interaction: string;
  readonly outcome: 'success' | 'denied' | 'failed';
  readonly agent: { readonly client?: string; readonly participant: string };
  /** v3 PurposeOfUse. */
  readonly purpose?: string;
  /** Logical id of the patient concerned; absent: the organization's own sequence. */
  readonly patient?: string;
  /** What it was about: `Type/id` or `Type/id/_history/version`; of a search that found nothing, `Type`. */
  readonly entities: readonly string[];
  /** The consent and rule that permitted, or the reason of the denial. */
  readonly basis?: string;
  /** FHIR instant. */
  readonly at: string;
}

/** The interactions that FHIR R4 has a code for (value set `restful-interaction`). */
const RESTFUL = new Set([
  'read',
  'vread',
  'update',
  'delete',
  'history-instance',
  'create',
  'search-type',
  'transaction',
  'batch',
  'operation',
]);

/** DICOM PS3.16 CID 400, which AuditEvent.type is bound to, for what isn't REST. */
const DICOM: Readonly<Record<string, Coding>> = {
  hl7v2: { system: 'http://dicom.nema.org/resources/ontology/DCM', code: '110107', display: 'Import' },
  token: {
    system: 'http://dicom.nema.org/resources/ontology/DCM',
    code: '110114',
    display: 'User Authentication',
  },
};

const REST: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/audit-event-type',
  code: 'rest',
  display: 'Restful Operation',
};

// A denial is a minor failure: the request was in order, the answer was no. What could not be done is a serious one.
const OUTCOMES = { success: '0', denied: '4', failed: '8' } as const;

/** The AuditEvent for one thing that happened to one patient's records, or to none's. Says who, what and why; never what the records say. */
export function auditEvent(facts: AuditFacts): AuditDraft {
  const event = {
    resourceType: 'AuditEvent',
    type: DICOM[facts.interaction] ?? REST,
    subtype: [subtype(facts.interaction)],
    action: facts.action,
    recorded: facts.at,
    outcome: OUTCOMES[facts.outcome],
    ...(facts.basis === undefined ? {} : { outcomeDesc: facts.basis }),
    ...(facts.purpose === undefined ? {} : { purposeOfEvent: [purposeOf(facts.purpose)] }),
    agent: agents(facts.agent),
    source: {
      observer: { identifier: { system: `${MOORING_BASE}/software`, value: 'mooring' } },
      type: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/security-source-type',
          code: '4',
          display: 'Application Server',
        },
      ],
    },
    ...entities(facts),
  } satisfies AuditEvent;
  return facts.patient === undefined ? { event } : { patient: facts.patient, event };
}

function subtype(interaction: string): Coding {
  return RESTFUL.has(interaction)
    ? { system: 'http://hl7.org/fhir/restful-interaction', code: interaction }
    : { system: `${MOORING_BASE}/CodeSystem/interaction`, code: interaction };
}

function purposeOf(code: string): { coding: Coding[] } {
  return { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code }] };
}

/** The organization asked; the client is the software that it asked with. Exactly one agent is the requestor. */
function agents(agent: AuditFacts['agent']): AuditEventAgent[] {
  const participant = {
    who: { identifier: { system: `${MOORING_BASE}/participant`, value: agent.participant } },
    requestor: true,
  };
  if (agent.client === undefined) return [participant];
  const client = {
    type: {
      coding: [
        {
          system: 'http://dicom.nema.org/resources/ontology/DCM',
          code: '110150',
          display: 'Application',
        },
      ],
    },
    who: { identifier: { system: `${MOORING_BASE}/client`, value: agent.client } },
    requestor: false,
  };
  return [participant, client];
}

/** The patient comes first, as an entity of their own: it is what AuditEvent's `patient` search parameter and compartment look at. */
function entities(facts: AuditFacts): { entity?: AuditEventEntity[] } {
  const patient = facts.patient === undefined ? [] : [`Patient/${facts.patient}`];
  const others = facts.entities.filter((each) => each !== patient[0]);
  const entity = [
    ...patient.map((each) => entityOf(each, '1', '1')),
    ...others.map((each) => entityOf(each, '2', '4')),
  ];
  return entity.length === 0 ? {} : { entity };
}

/** `type`: 1 person, 2 system object; `role`: 1 patient, 4 domain resource, 24 query. A type without an id is what a search was for. */
function entityOf(entity: string, type: '1' | '2', role: '1' | '4'): AuditEventEntity {
  const named = entity.includes('/');
  return {
    ...(named ? { what: { reference: entity } } : { name: entity }),
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: type },
    role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: named ? role : '24' },
  };
}
