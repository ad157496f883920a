// SPDX-License-Identifier: Apache-2.0
import type { Issue } from '../../fhir/outcome.ts';
import type { Message, Segment } from '../../ingest/hl7/message.ts';
import { Group } from './group.ts';
import type { Position } from './notation.ts';

/** From a place in a group to where the next segment stands: up by `pops` groups, then down the path. */
interface Move {
  readonly pops: number;
  readonly path: readonly Position[];
  /** It passed over something that the structure requires. */
  readonly skips: boolean;
}

/**
 * Puts each segment where the structure of the message has a place for it: the next one in its group, else in a repetition of the
 * group, else further out. Senders leave out what is required and change the order: both are accepted and reported. What has no
 * place at all (Z segments among them) stays in the group where it was met.
 */
export function structureOf(message: Message, grammar: Position, issues: Issue[]): Group {
  const root = new Group(grammar, undefined);
  let group = root;
  for (const segment of message.segments) {
    const move = nextMove(group, segment.name) ?? moveBack(group, segment.name);
    if (!move) {
      group.placed.push({ segment, position: undefined, group });
      if (!segment.name.startsWith('Z'))
        report(issues, segment, 'has no place here in the message structure');
      continue;
    }
    if (move.skips) report(issues, segment, 'stands after something that is missing or comes later');
    for (let pops = move.pops; pops > 0; pops--) group = group.parent!;
    for (const position of move.path) {
      group.at = position.index;
      if (position.children) group = new Group(position, group);
    }
    group.placed.push({ segment, position: move.path.at(-1), group });
  }
  return root;
}

function nextMove(group: Group, name: string): Move | undefined {
  const { moves } = group.position;
  const key = `${group.at} ${name}`;
  if (!moves.has(key)) moves.set(key, searchOnward(group, name, true) ?? searchOnward(group, name, false));
  return moves.get(key) as Move | undefined;
}

function searchOnward(from: Group, name: string, strict: boolean): Move | undefined {
  let pops = 0;
  for (let group: Group | undefined = from; group; group = group.parent) {
    const { children = [], repeats } = group.position;
    const last = children[group.at];
    if (last && !last.children && last.repeats && last.name === name)
      return { pops, path: [last], skips: false };
    const path = pathAmong(children, group.at + 1, name, strict);
    if (path) return { pops, path, skips: !strict };
    const again = repeats ? pathAmong(children, 0, name, strict) : undefined;
    if (again) return { pops: pops + 1, path: [group.position, ...again], skips: !strict };
    pops++;
  }
  return undefined;
}

/** The first way to the segment through these positions; a strict one passes over nothing that is required. */
function pathAmong(
  positions: readonly Position[],
  start: number,
  name: string,
  strict: boolean,
): Position[] | undefined {
  for (let index = start; index < positions.length; index++) {
    const position = positions[index]!;
    if (!position.children && position.name === name) return [position];
    const path = position.children ? pathAmong(position.children, 0, name, strict) : undefined;
    if (path) return [position, ...path];
    if (strict && !position.optional) return undefined;
  }
  return undefined;
}

/** A segment that comes too late, such as NK1 after PV1: to its place in the groups that are open, if it is free or repeats. */
function moveBack(from: Group, name: string): Move | undefined {
  let pops = 0;
  for (let group: Group | undefined = from; group; group = group.parent) {
    for (const position of group.position.children ?? []) {
      const path = position.children ? pathAmong([position], 0, name, true) : [position];
      if (path?.at(-1)?.name !== name) continue;
      if (position.repeats || !isFilled(group, position)) return { pops, path, skips: true };
    }
    pops++;
  }
  return undefined;
}

function isFilled(group: Group, position: Position): boolean {
  return (
    group.placed.some((one) => one.position === position) ||
    group.children.some((one) => one.position === position)
  );
}

function report(issues: Issue[], segment: Segment, what: string): void {
  issues.push({
    severity: 'warning',
    code: 'structure',
    diagnostics: `${segment.name}[${segment.sequence}] ${what}`,
  });
}
