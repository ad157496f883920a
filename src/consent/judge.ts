// SPDX-License-Identifier: Apache-2.0
import { decide } from '@mooring/chaincode/decide';
import type { ConsentTerms, Decision, ResourceFacts } from '@mooring/chaincode/terms';
import { deny } from './decisions.ts';
import type { TicketRequest } from './tickets.ts';

/** What is decided about one patient, and the pseudonym under which a permit was given: the ticket is opened for that one. */
export interface Judgement {
  readonly decision: Decision;
  readonly subject?: string;
}

export interface Question {
  readonly request: Omit<TicketRequest, 'subject'>;
  readonly roles: readonly string[];
  /** FHIR instant. */
  readonly at: string;
  readonly resource?: ResourceFacts;
}

/**
 * Decides over all that a patient said under whatever pseudonym, as if it had been said under one: a deny overrides every permit, of
 * several permits the one that masks least and lasts longest counts. Where something that was said can't be read, nothing is permitted.
 */
export function judge(
  subjects: readonly string[],
  termsOf: (subject: string) => readonly ConsentTerms[] | undefined,
  { request, roles, at, resource }: Question,
): Judgement {
  const judgements: Judgement[] = [];
  for (const subject of subjects) {
    const terms = termsOf(subject);
    if (!terms) return { decision: deny('NOT_COVERED') };
    const decision = decide(terms, { ...request, subject, roles, ...(resource ? { resource } : {}) }, at);
    if (decision.effect === 'deny' && decision.reason === 'DENIED_BY_PROVISION') return { decision };
    judgements.push({ decision, subject });
  }
  return judgements.sort(wider)[0] ?? { decision: deny('NO_CONSENT') };
}

/** Permits before denials, and among these the one that says most. */
function wider({ decision: a }: Judgement, { decision: b }: Judgement): number {
  if (a.effect === 'permit' && b.effect === 'permit')
    return masked(a) - masked(b) || endOf(b.until) - endOf(a.until) || 0;
  if (a.effect === 'deny' && b.effect === 'deny')
    return Number(a.reason === 'NO_CONSENT') - Number(b.reason === 'NO_CONSENT');
  return a.effect === 'permit' ? -1 : 1;
}

function masked({ obligations }: Decision & { effect: 'permit' }): number {
  return obligations.reduce((count, { elements }) => count + elements.length, 0);
}

/** Far enough away, and unlike infinity still a number when it is subtracted from itself. */
function endOf(until: string | undefined): number {
  return until === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(until);
}
