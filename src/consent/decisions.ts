// SPDX-License-Identifier: Apache-2.0
import type { Decision, DenyReason } from '@mooring/chaincode/terms';

/** The organization that keeps the records works with them under its own duties; consent is about letting others see them. */
export const CUSTODIAN: Decision = {
  effect: 'permit',
  consent: 'custodian',
  version: 0,
  provision: 'custodian',
  obligations: [],
};

/** What is nobody's (an organization, a location, a code system) any active participant may read. */
export const OPEN: Decision = {
  effect: 'permit',
  consent: 'open',
  version: 0,
  provision: 'open',
  obligations: [],
};

export function deny(reason: DenyReason): Decision {
  return { effect: 'deny', reason };
}

/** A record of several patients needs the permit of each; what any of them wants masked is masked. */
export function strictest(decisions: readonly Decision[]): Decision {
  const denied = decisions.find(({ effect }) => effect === 'deny');
  const permits = decisions.filter((decision) => decision.effect === 'permit');
  const [first] = permits;
  if (denied) return denied;
  if (!first) return deny('NO_CONSENT');
  const [until] = permits.flatMap((permit) => permit.until ?? []).sort();
  const obligations = permits.flatMap((permit) => permit.obligations);
  return { ...first, obligations, ...(until === undefined ? {} : { until }) };
}
