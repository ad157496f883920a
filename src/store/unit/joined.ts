// SPDX-License-Identifier: Apache-2.0
import { printJson } from '../../fhir/json.ts';
import type { Spoken } from './recorded.ts';

/** Members that are the same thing: one identifier or reference, or all extensions of one kind. */
interface Kind extends Spoken {
  readonly members: readonly unknown[];
}

/** An array that several messages fill, and when each of its members was spoken of. */
export interface Joined {
  readonly members: unknown[];
  readonly spoken: Spoken[];
}

/**
 * What is stored, with what a message of that time says of the same in its place; then what is new. Of what both speak of, the newer one
 * counts; members stand in the order in which they were first spoken of, whatever order the messages came in. Saying it again changes nothing.
 */
export function joinMembers(
  stored: readonly unknown[],
  spoken: readonly Spoken[],
  said: readonly unknown[],
  at: number,
): Joined {
  const known = kindsOf(stored, (place) => spoken[place] as Spoken);
  const kinds: Kind[] = [];
  for (const [key, kind] of kindsOf(said, () => ({ first: at, last: at }))) {
    const before = known.get(key);
    if (before && before.first <= at) known.set(key, newer(before, kind));
    else {
      known.delete(key);
      kinds.push(before ? { ...before, first: at } : kind);
    }
  }
  const all = [...known.values(), ...kinds].sort((a, b) => a.first - b.first);
  return {
    members: all.flatMap(({ members }) => members),
    spoken: all.flatMap(({ members, first, last }) => members.map(() => ({ first, last }))),
  };
}

function newer(stored: Kind, said: Kind): Kind {
  return stored.last > said.last ? stored : { ...said, first: stored.first };
}

function kindsOf(members: readonly unknown[], spokenAt: (place: number) => Spoken): Map<string, Kind> {
  const kinds = new Map<string, { members: unknown[]; first: number; last: number }>();
  for (const [place, member] of members.entries()) {
    const key = keyOf(member);
    const kind = kinds.get(key);
    if (kind) kind.members.push(member);
    else kinds.set(key, { members: [member], ...spokenAt(place) });
  }
  return kinds;
}

/**
 * Identifiers are the same when they name the same, references when they point there, extensions when they are of one kind, participants
 * when they are somebody in the same part; else what reads the same.
 */
function keyOf(member: unknown): string {
  const { system, value, reference, url, actor, type } = (member ?? {}) as Record<string, unknown>;
  if (typeof value === 'string') return `${system ?? ''}|${value}`;
  if (typeof actor === 'object' && actor !== null) return `${keyOf(actor)} as ${printJson(type ?? null)}`;
  return String(reference ?? url ?? printJson(member));
}
