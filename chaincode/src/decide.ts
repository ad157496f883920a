// SPDX-License-Identifier: Apache-2.0
import { matches } from './matching.ts';
import type { AccessRequest, ConsentTerms, Decision, DenyReason, Obligation, Provision } from './terms.ts';
import { instant, periodInterval, timeInterval } from './time.ts';

/** A permit that a rule gives, and when it ends by itself (infinite: never). */
interface Permit {
  readonly path: string;
  readonly until: number;
  readonly mask: readonly string[];
}

/** What a rule says of a request. Only a request that names no resource leaves it open (`sure` false, or both effects possible). */
interface Verdict {
  readonly permit?: Permit;
  readonly deny: boolean;
  readonly sure: boolean;
}

const SILENT: Verdict = { deny: false, sure: false };

/**
 * The one consent decision, shared by the contract and the bridge.
 *
 * Within a consent a rule speaks when all its elements match; its nested rules are exceptions to it, and of several exceptions that
 * speak a deny wins. Between consents of one subject **deny overrides**: any consent that says deny beats every permit. Without a
 * permit the answer is deny. A request without a resource asks whether there is anything to see: only a deny of everything denies it.
 */
export function decide(consents: readonly ConsentTerms[], request: AccessRequest, at: string): Decision {
  const time = timeInterval(at).from;
  const own = newestOfEach(consents.filter((terms) => terms.subject === request.subject));
  const concerned = own.filter((terms) => concerns(terms, request.custodian));
  const verdicts = concerned
    .filter((terms) => terms.status === 'active')
    .map((terms) => ({ terms, verdict: weigh(terms.provision, 'provision', request, time) }));
  if (verdicts.some(({ verdict }) => verdict.sure && verdict.deny && !verdict.permit))
    return { effect: 'deny', reason: 'DENIED_BY_PROVISION' };
  let best: { terms: ConsentTerms; permit: Permit } | undefined;
  for (const { terms, verdict } of verdicts) {
    if (verdict.permit && (!best || isWider(verdict.permit, best.permit)))
      best = { terms, permit: verdict.permit };
  }
  if (!best) return { effect: 'deny', reason: whyNot(concerned, request, time) };
  const { terms, permit } = best;
  return {
    effect: 'permit',
    consent: terms.consent,
    version: terms.version,
    provision: permit.path,
    obligations: obligations(permit.mask),
    ...(Number.isFinite(permit.until) ? { until: instant(permit.until) } : {}),
  };
}

/** `ignorePeriods` asks what the rules would say if they were in force, to tell an expired permit from none. */
function weigh(
  rule: Provision,
  path: string,
  request: AccessRequest,
  time: number,
  ignorePeriods = false,
): Verdict {
  const match = matches(rule, request);
  if (match === 'no') return SILENT;
  const inForce = periodInterval(rule.period ?? {});
  if (!ignorePeriods && (time < inForce.from || time > inForce.to)) return SILENT;
  const sure = match === 'yes';
  const exceptions = (rule.provision ?? []).map((nested, index) =>
    weigh(nested, `${path}.provision[${index}]`, request, time, ignorePeriods),
  );
  if (exceptions.some((exception) => exception.sure && exception.deny && !exception.permit))
    return { deny: true, sure };
  const permits = exceptions.flatMap((exception) => exception.permit ?? []);
  const mayDeny = exceptions.some((exception) => exception.deny);
  if (exceptions.some((exception) => exception.sure))
    return limited(widest(permits), inForce.to, mayDeny, sure);
  if (rule.type === 'permit') permits.push({ path, until: Number.POSITIVE_INFINITY, mask: rule.mask ?? [] });
  const denies = rule.type === 'deny' && !rule.implicit;
  const speaks = rule.type === 'permit' || denies;
  return limited(widest(permits), inForce.to, mayDeny || denies, sure && speaks);
}

function limited(permit: Permit | undefined, end: number, deny: boolean, sure: boolean): Verdict {
  return { deny, sure, ...(permit ? { permit: { ...permit, until: Math.min(permit.until, end) } } : {}) };
}

function widest(permits: readonly Permit[]): Permit | undefined {
  return permits.reduce<Permit | undefined>(
    (best, next) => (!best || isWider(next, best) ? next : best),
    undefined,
  );
}

/** Of several permits the one that masks least and lasts longest counts; the first, where they are alike. */
function isWider(a: Permit, b: Permit): boolean {
  return a.mask.length !== b.mask.length ? a.mask.length < b.mask.length : a.until > b.until;
}

function obligations(mask: readonly string[]): readonly Obligation[] {
  return mask.length === 0 ? [] : [{ kind: 'mask', elements: mask }];
}

function newestOfEach(consents: readonly ConsentTerms[]): ConsentTerms[] {
  const newest = new Map<string, ConsentTerms>();
  for (const terms of consents) {
    if (terms.version > (newest.get(terms.consent)?.version ?? 0)) newest.set(terms.consent, terms);
  }
  return [...newest.values()];
}

function concerns(terms: ConsentTerms, custodian: string): boolean {
  return terms.custodian === undefined || terms.custodian.includes(custodian);
}

/** For the audit and the patient's page; a caller never learns it. */
function whyNot(concerned: readonly ConsentTerms[], request: AccessRequest, time: number): DenyReason {
  if (concerned.length === 0) return 'NO_CONSENT';
  const wouldPermit = (terms: ConsentTerms) =>
    weigh(terms.provision, 'provision', request, time, true).permit !== undefined;
  const active = concerned.filter((terms) => terms.status === 'active');
  if (active.some(wouldPermit)) return 'EXPIRED';
  if (concerned.some((terms) => terms.status === 'revoked' && wouldPermit(terms))) return 'REVOKED';
  return 'NOT_COVERED';
}
