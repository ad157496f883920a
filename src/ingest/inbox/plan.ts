// SPDX-License-Identifier: Apache-2.0
import type { Conversion } from '../../normalize/convert.ts';
import type { Store, Unit } from '../../store/store.ts';
import { auditOf, type Origin, unitOf } from '../apply.ts';
import { settlePatients } from './identity.ts';
import { type MergePlan, mergePatients } from './merge.ts';
import { isUnlinked, unlinkPatients } from './unlink.ts';

/** More than so many records of a merged patient are moved in units of their own, before the one that ends the message. */
const MAX_MOVES_PER_UNIT = 200;

/** Told of each merge before the records move, so that what was agreed to about the prior patient moves no later than they do. */
export type OnMerge = (prior: string, survivor: string) => Promise<void>;

/**
 * What a message changes, with what the store knows already: which Patient is meant, and for a merge which records move. Each unit is
 * to be committed before the next is asked for, for merges may follow on each other. The last unit ends the message; the ones before it
 * say the same again when they are repeated.
 */
export async function* planUnits(
  conversion: Conversion,
  store: Store,
  origin: Origin,
  onMerge?: OnMerge,
): AsyncIterable<Unit> {
  const { entries, merges = [] } = conversion;
  const last = merges.at(-1);
  if (!last) {
    const unlinked = await unlinkPatients(entries.filter(isUnlinked), store, origin.asOf);
    const others = await settlePatients(
      entries.filter((entry) => !isUnlinked(entry)),
      store,
      origin.asOf,
    );
    yield unitOf([...unlinked, ...others], origin);
    return;
  }
  const patients = new Set(merges.flatMap(({ survivor, prior }) => [survivor.fullUrl, prior.fullUrl]));
  const others = entries.filter(({ fullUrl }) => !patients.has(fullUrl));
  for (const merge of merges) {
    const spoken = [merge.survivor.fullUrl, merge.prior.fullUrl];
    const concerned = entries.filter(({ fullUrl }) => spoken.includes(fullUrl));
    const ends = merge === last;
    const plan = await mergePatients(ends ? [...concerned, ...others] : concerned, merge, store, origin.asOf);
    await Promise.all((plan.merged?.priors ?? []).map((prior) => onMerge?.(prior, plan.merged!.survivor)));
    yield* unitsOf(plan, origin, ends);
  }
}

/** `ends`: whether the last unit ends the message. */
function unitsOf({ entries, moves }: MergePlan, origin: Origin, ends: boolean): Unit[] {
  const { settles, ...first } = unitOf(entries, origin, moves.slice(0, MAX_MOVES_PER_UNIT));
  const units: Unit[] = [first];
  for (let from = MAX_MOVES_PER_UNIT; from < moves.length; from += MAX_MOVES_PER_UNIT)
    units.push({ changes: moves.slice(from, from + MAX_MOVES_PER_UNIT), audit: auditOf(origin) });
  const last = units.pop() as Unit;
  return [...units, ends && settles ? { ...last, settles } : last];
}
