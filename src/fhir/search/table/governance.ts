// SPDX-License-Identifier: Apache-2.0
import type { SearchParameter } from '../parameters.ts';
import { code, date, identifier, reference, status, string, subject, token, uri, when } from './rows.ts';

const AGENTS = 'Practitioner PractitionerRole Organization Device Patient RelatedPerson';

/** Who may do what, who did what, and where it came from. */
export const GOVERNANCE: Readonly<Record<string, readonly SearchParameter[]>> = {
  Consent: [
    identifier,
    status,
    reference('patient', 'Patient', 'patient'),
    token('scope', 'scope'),
    token('category', 'category'),
    token('action', 'provision.action'),
    token('purpose', 'provision.purpose'),
    token('security-label', 'provision.securityLabel'),
    when('period', 'provision.period'),
    date('date', 'dateTime'),
    reference('actor', `${AGENTS} CareTeam Group`, 'provision.actor.reference'),
    reference('data', '*', 'provision.data.reference'),
    reference('organization', 'Organization', 'organization'),
    reference('consentor', 'Patient Practitioner PractitionerRole Organization RelatedPerson', 'performer'),
    reference(
      'source-reference',
      'Consent Contract DocumentReference QuestionnaireResponse',
      'sourceReference',
    ),
  ],
  AuditEvent: [
    token('type', 'type'),
    token('subtype', 'subtype'),
    code('action', 'action'),
    code('outcome', 'outcome'),
    when('date', 'recorded'),
    reference('agent', AGENTS, 'agent.who'),
    token('agent-role', 'agent.role'),
    token('altid', 'agent.altId'),
    string('address', 'agent.network.address'),
    uri('policy', 'agent.policy'),
    reference('entity', '*', 'entity.what'),
    token('entity-type', 'entity.type'),
    token('entity-role', 'entity.role'),
    reference('patient', 'Patient', 'entity.what', 'agent.who'),
    reference('source', AGENTS, 'source.observer'),
    token('site', 'source.site'),
  ],
  Provenance: [
    reference('target', '*', 'target'),
    {
      name: 'patient',
      kind: 'reference',
      elements: ['target'],
      targets: ['Patient'],
      sameAs: 'target',
    },
    when('recorded', 'recorded'),
    date('when', 'occurredDateTime', 'occurredPeriod.start'),
    reference('agent', AGENTS, 'agent.who'),
    token('agent-type', 'agent.type'),
    token('agent-role', 'agent.role'),
    reference('entity', '*', 'entity.what'),
    reference('location', 'Location', 'location'),
    token('signature-type', 'signature.type'),
  ],
  Basic: [
    identifier,
    ...subject('*'),
    token('code', 'code'),
    reference('author', AGENTS, 'author'),
    date('created', 'created'),
  ],
  Subscription: [
    status,
    code('type', 'channel.type'),
    code('payload', 'channel.payload'),
    uri('url', 'channel.endpoint'),
    string('criteria', 'criteria'),
  ],
};
