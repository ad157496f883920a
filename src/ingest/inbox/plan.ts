// SPDX-License-Identifier: Apache-2.0
import type { Conversion } from '../../normalize/convert.ts';
import type { Store, Unit } from '../../store/store.ts';
import { auditOf, type Origin, unitOf } from '../apply.ts';
import { settlePatients } from './identity.ts';
import { mergePatients } from './merge.ts';

/** More than so many records of a merged patient are moved in units of their own, before the one that ends the message. */
const MAX_MOVES_PER_UNIT = 200;

/**
 * What a message changes, with what the store knows already: which Patient is meant, and for a merge which records move. The last
 * unit ends the message; the ones before it say the same again when they are repeated.
 */
export async function planUnits(conversion: Conversion, store: Store, origin: Origin): Promise<Unit[]> {
  if (!conversion.merge) return [unitOf(await settlePatients(conversion.entries, store), origin)];
  const { entries, moves } = await mergePatients(conversion.entries, conversion.merge, store);
  if (moves.length <= MAX_MOVES_PER_UNIT) return [unitOf(entries, origin, moves)];
  const { settles: _later, ...first } = unitOf(entries, origin);
  const units: Unit[] = [first];
  for (let from = 0; from < moves.length; from += MAX_MOVES_PER_UNIT) {
    units.push({ changes: moves.slice(from, from + MAX_MOVES_PER_UNIT), audit: auditOf(origin) });
  }
  units.push({ ...units.pop()!, settles: { inboxId: origin.inboxId } });
  return units;
}
