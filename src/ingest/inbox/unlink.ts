// SPDX-License-Identifier: Apache-2.0
import type { ConversionEntry } from '../../normalize/convert.ts';
import type { Store, Stored } from '../../store/store.ts';
import { Recorded } from '../../store/unit/recorded.ts';
import type { StoredEntry } from '../apply.ts';
import { findPatient, identifiersOf, type Link, linksOf, nameOf, settlePatients } from './identity.ts';

/** Whether a message says of this Patient that it is no longer linked to the others of whom it says the same. */
export function isUnlinked({ resource, removed }: ConversionEntry): boolean {
  return resource.resourceType === 'Patient' && removed.includes('link');
}

/** Whether a merge is taken back as well: then nobody is out of use any more. */
const undoesMerges = ({ removed }: ConversionEntry): boolean => removed.includes('active');

/**
 * A37: Patients who were linked are two again: the links between them go. Where the site wants merges taken back as well, one that was
 * merged away is active again and has the identifiers that the message says are its own, which the other gives back. Their records stay
 * where they are: which of them belong to whom nobody has said. Else those who were merged stay one.
 */
export async function unlinkPatients(
  entries: readonly ConversionEntry[],
  store: Store,
  asOf: number | undefined,
): Promise<StoredEntry[]> {
  const known = await Promise.all(
    entries.map(async (entry) => ({ entry, stored: await ownRecord(entry, store) })),
  );
  const merged = known.some((one) =>
    known.some((other) => other.stored && isPrior(one.stored, other.stored.id)),
  );
  if (merged && !entries.some(undoesMerges))
    return settlePatients(
      entries.map((entry) => ({ ...entry, removed: entry.removed.filter((name) => name !== 'link') })),
      store,
      asOf,
    );
  return known.map(({ entry, stored }) => {
    if (!stored || known.some((one) => isNewer(one.stored, asOf))) return entry;
    const others = known.filter((one) => one.entry !== entry);
    const { id } = stored;
    const link = linksOf(stored.resource).filter(
      (one) => !others.some((other) => pointsTo(one, other.stored)),
    );
    const back = others.flatMap((other) =>
      isPrior(other.stored, id) ? identifiersOf(other.entry.resource) : [],
    );
    const names = new Set(back.map(nameOf));
    const wasPrior = others.some((other) => other.stored && isPrior(stored, other.stored.id));
    const kept = identifiersOf(stored.resource).filter((one) => !names.has(nameOf(one)));
    const resource = {
      ...entry.resource,
      id,
      ...(names.size > 0 ? { identifier: kept } : {}),
      ...(wasPrior ? { active: true } : {}),
      ...(link.length > 0 ? { link } : {}),
    };
    const removed = entry.removed.filter(
      (name) => name !== 'active' && (name !== 'link' || link.length === 0),
    );
    return { ...entry, resource, removed, knownBy: [], anyway: ['active', 'identifier', 'link'] };
  });
}

/** The record that the identifiers of the entry were the name of, though a merge may have given them to another. */
async function ownRecord(entry: ConversionEntry, store: Store): Promise<Stored | undefined> {
  const { id } = entry.resource;
  const own = id === undefined ? undefined : await store.read('Patient', id);
  return own && !own.deleted ? own : findPatient(entry, store);
}

/** They were linked after what the message says was recorded: then it stays so. */
function isNewer(stored: Stored | undefined, asOf: number | undefined): boolean {
  return asOf !== undefined && Recorded.read(stored?.recorded).of('link') > asOf;
}

function isPrior(stored: Stored | undefined, survivor: string): boolean {
  const links = stored ? linksOf(stored.resource) : [];
  return links.some(({ type, other }) => type === 'replaced-by' && other.reference === `Patient/${survivor}`);
}

function pointsTo({ other }: Link, stored: Stored | undefined): boolean {
  return stored !== undefined && other.reference === `Patient/${stored.id}`;
}
