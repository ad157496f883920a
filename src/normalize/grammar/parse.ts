// SPDX-License-Identifier: Apache-2.0
import type { Issue } from '../../fhir/outcome.ts';
import { printLocation } from '../../ingest/hl7/errors.ts';
import type { Message, Segment } from '../../ingest/hl7/message.ts';
import { Group } from './group.ts';
import type { Position } from './notation.ts';

/** From a place in a group to where the next segment stands: up by `pops` groups, then down the path. */
interface Move {
  readonly pops: number;
  readonly path: readonly Position[];
}

/** A place in a group that has been met before. */
interface Room {
  readonly group: Group;
  readonly path: readonly Position[];
}

/** Segments about a patient: one that the structure has no place for belongs to the PID before it, whatever stands between. */
export const OF_PATIENT: ReadonlySet<string> = new Set(
  'PD1 NK1 AL1 IAM DG1 PR1 GT1 IN1 IN2 IN3 ACC UB1 UB2 OH1 OH2 OH3 OH4'.split(' '),
);

/**
 * Puts each segment where the structure of the message has a place for it: the next one in its group, else in a repetition of the
 * group, else further out. Senders leave out what is required and change the order: both are accepted and reported. What has no
 * place at all (Z segments among them) stays in the group where it was met.
 */
export function structureOf(message: Message, grammar: Position, issues: Issue[]): Group {
  const root = new Group(grammar, undefined);
  let group = root;
  let patient: Group | undefined;
  for (const segment of message.segments) {
    group = orderAround(group, segment);
    const move = nextMove(group, segment.name, true);
    const back = move ? undefined : roomBehind(group, segment.name);
    const jump = move ?? back ?? nextMove(group, segment.name, false);
    if (!jump) {
      const home = OF_PATIENT.has(segment.name) ? (patient ?? group) : group;
      home.place(segment, undefined);
      if (!segment.name.startsWith('Z'))
        report(issues, segment, 'has no place here in the message structure');
      continue;
    }
    if (!move) report(issues, segment, 'stands after something that is missing or comes later');
    let target = 'group' in jump ? jump.group : upFrom(group, jump.pops);
    // What goes back into a group that has been left doesn't open it again: what follows belongs where the one before it does.
    const stays = back !== undefined && !isWithin(group, back.group);
    for (const position of jump.path) {
      if (!stays) target.at = position.index;
      if (position.children) target = new Group(position, target);
    }
    target.place(segment, jump.path.at(-1));
    if (segment.name === 'PID') patient = target;
    if (!stays) group = target;
  }
  return root;
}

/**
 * Earlier results that come with an order (PRIOR_RESULT) end with the next order: only ORC-1 PR begins a further earlier one (HL7 v2.9
 * §4.4.6, table 0119).
 */
function orderAround(group: Group, segment: Segment): Group {
  if (segment.name !== 'ORC' || segment.value(1) === 'PR') return group;
  const order = group.enclosing('ORDER_PRIOR') && group.enclosing('PRIOR_RESULT')?.parent;
  return order ?? group;
}

function nextMove(group: Group, name: string, strict: boolean): Move | undefined {
  const { moves } = group.position;
  const key = `${strict ? '' : '~'}${group.at} ${name}`;
  if (!moves.has(key)) moves.set(key, searchOnward(group, name, strict));
  return moves.get(key) as Move | undefined;
}

function isWithin(group: Group, outer: Group): boolean {
  return group === outer || (group.parent !== undefined && isWithin(group.parent, outer));
}

function upFrom(group: Group, pops: number): Group {
  return pops === 0 ? group : upFrom(group.parent!, pops - 1);
}

function searchOnward(from: Group, name: string, strict: boolean): Move | undefined {
  let pops = 0;
  for (let group: Group | undefined = from; group; group = group.parent) {
    const { children = [], repeats } = group.position;
    const last = children[group.at];
    if (last && !last.children && last.repeats && last.name === name) return { pops, path: [last] };
    const path = pathAmong(children, group.at + 1, name, strict);
    if (path) return { pops, path };
    const again = repeats ? pathAmong(children, 0, name, strict) : undefined;
    if (again) return { pops: pops + 1, path: [group.position, ...again] };
    pops++;
  }
  return undefined;
}

/**
 * The first way to the segment through these positions; a strict one passes over nothing that is required. None opens the group of a
 * patient without a PID, or any group by a note: nobody would know whose it is.
 */
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
    if (!position.optional && (strict || position.name === 'PID' || name === 'NTE')) return undefined;
  }
  return undefined;
}

/** A segment that comes too late, such as NK1 after PV1: to its place in the groups that are open, or in the last ones within them, if it is free or repeats. */
function roomBehind(from: Group, name: string): Room | undefined {
  for (let group: Group | undefined = from; group; group = group.parent) {
    const room = roomIn(group, name);
    if (room) return room;
  }
  return undefined;
}

function roomIn(group: Group, name: string): Room | undefined {
  for (const position of group.position.children ?? []) {
    const path = position.children ? pathAmong([position], 0, name, true) : [position];
    if (path?.at(-1)?.name !== name) continue;
    if (position.repeats || !group.isFilled(position)) return { group, path };
  }
  for (const position of group.position.children ?? []) {
    if (!holds(position, name)) continue;
    const latest = group.latest(position);
    const room = latest && roomIn(latest, name);
    if (room) return room;
  }
  return undefined;
}

function holds({ children = [] }: Position, name: string): boolean {
  return children.some((child) => (child.children ? holds(child, name) : child.name === name));
}

function report(issues: Issue[], segment: Segment, what: string): void {
  issues.push({
    severity: 'warning',
    code: 'structure',
    diagnostics: `${segment.name}[${segment.sequence}] ${what}`,
    expression: printLocation({ segment: segment.name, sequence: segment.sequence }),
  });
}
