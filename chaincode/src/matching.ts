// SPDX-License-Identifier: Apache-2.0
import type { AccessRequest, Code, Provision, ResourceFacts } from './terms.ts';
import { periodInterval } from './time.ts';

export const ACTION_SYSTEM = 'http://terminology.hl7.org/CodeSystem/consentaction';
export const PURPOSE_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
export const CONFIDENTIALITY_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';

/** v3 Confidentiality from the least to the most protected. */
const CONFIDENTIALITY = ['U', 'L', 'M', 'N', 'R', 'V'];

/** `maybe`: the rule is about some resources, and the request names none. */
export type Match = 'yes' | 'no' | 'maybe';

/**
 * Does the rule speak about this request? Elements are ANDed, repeats of one ORed (R4 Consent, "provision"). What can't be known
 * (no time on the record, a relationship the facts don't carry) narrows a permit and widens a deny.
 */
export function matches(rule: Provision, request: AccessRequest): Match {
  if (rule.actor && !rule.actor.some((actor) => isActor(actor, request))) return 'no';
  if (rule.action && !oneOf(rule.action, ACTION_SYSTEM, request.action)) return 'no';
  if (rule.purpose && !oneOf(rule.purpose, PURPOSE_SYSTEM, request.purpose)) return 'no';
  const aboutContent = rule.securityLabel ?? rule.class ?? rule.code ?? rule.data ?? rule.dataPeriod;
  if (aboutContent === undefined) return 'yes';
  if (request.resource === undefined) return 'maybe';
  return coversContent(rule, request.resource) ? 'yes' : 'no';
}

function coversContent(rule: Provision, resource: ResourceFacts): boolean {
  const { securityLabel, code, data } = rule;
  return (
    (!securityLabel || securityLabel.some((label) => isLabelled(rule.type, label, resource))) &&
    (!rule.class || rule.class.some((type) => type.code === resource.type)) &&
    (!code || code.some((wanted) => resource.codes.some((actual) => sameCode(wanted, actual)))) &&
    (!rule.dataPeriod || isWithin(rule, resource)) &&
    (!data ||
      data.some(({ meaning, reference }) =>
        meaning === 'instance' ? reference === `${resource.type}/${resource.id}` : rule.type === 'deny',
      ))
  );
}

function isActor(actor: { participant?: string; role?: string }, request: AccessRequest): boolean {
  if (actor.participant === undefined && actor.role === undefined) return false;
  return (
    (actor.participant === undefined || actor.participant === request.recipient) &&
    (actor.role === undefined || request.roles.includes(actor.role))
  );
}

function oneOf(codes: readonly Code[], system: string, code: string): boolean {
  return codes.some((c) => c.code === code && (c.system === undefined || c.system === system));
}

function sameCode(a: Code, b: Code): boolean {
  return a.code === b.code && a.system === b.system;
}

/**
 * Confidentiality is an order (HL7 Healthcare Privacy and Security Classification System): a permit reaches up to its level, a deny
 * from its level upwards, and a record without one counts as normal. All other labels are matched as they are.
 */
function isLabelled(type: Provision['type'], label: Code, resource: ResourceFacts): boolean {
  if (label.system !== CONFIDENTIALITY_SYSTEM) return resource.labels.some((own) => sameCode(label, own));
  const level = CONFIDENTIALITY.indexOf(label.code);
  const own = confidentiality(resource);
  if (level < 0 || own < 0) return type === 'deny';
  return type === 'permit' ? own <= level : own >= level;
}

/** The highest level among the labels; -1 when one of them isn't known. */
function confidentiality(resource: ResourceFacts): number {
  const levels = resource.labels
    .filter((label) => label.system === CONFIDENTIALITY_SYSTEM)
    .map((label) => CONFIDENTIALITY.indexOf(label.code));
  if (levels.length === 0) return CONFIDENTIALITY.indexOf('N');
  return levels.includes(-1) ? -1 : Math.max(...levels);
}

function isWithin(rule: Provision, resource: ResourceFacts): boolean {
  if (resource.period === undefined) return rule.type === 'deny';
  const bounds = periodInterval(rule.dataPeriod ?? {});
  const own = periodInterval(resource.period);
  return rule.type === 'permit'
    ? own.from >= bounds.from && own.to <= bounds.to
    : own.from <= bounds.to && own.to >= bounds.from;
}
