// SPDX-License-Identifier: Apache-2.0
import { Hl7Error } from '../ingest/hl7/errors.ts';
import { MappingError } from './errors.ts';
import type { MessageFile } from './files.ts';
import { Frame } from './frame.ts';
import type { Group, Placed } from './grammar/group.ts';
import { type Position, positionsOf, readGrammar } from './grammar/notation.ts';
import { inOrder } from './grammar/order.ts';
import { OF_PATIENT } from './grammar/parse.ts';
import type { ResourceRules } from './identity/rules.ts';
import { Instance } from './instance.ts';
import type { Condition } from './language/condition.ts';
import { applyRow } from './language/row.ts';
import type { Rows } from './language/rows.ts';
import type { Run } from './run.ts';

/** A message structure: where its segments stand, and what each makes of which resource. */
export interface Structure {
  readonly grammar: Position;
  /** Maps all segments of a message whose structure has been found. */
  apply(root: Group, run: Run): void;
}

/** A resource that the message file has a name for. */
export interface Named {
  readonly name: string;
  readonly type: string;
  readonly rules: ResourceRules;
  /** Group or segment of which each has its own; absent: one for the message. */
  readonly per: string | undefined;
  readonly once: boolean | undefined;
  /** Name of the resource that contains it. */
  readonly within: string | undefined;
}

/** A map at the places of a segment. */
export interface Link {
  /** `PID/Patient [if condition]` */
  readonly text: string;
  readonly segment: string;
  readonly rows: Rows;
  readonly condition: Condition | undefined;
}

export interface Use {
  readonly named: Named;
  readonly link: Link;
}

/** What message files name. Throws MappingError for a map that there isn't. */
export interface SegmentMaps {
  rows(map: string, segment: string): Rows;
  condition(text: string): Condition;
}

/** A structure as its message file has it. */
export interface Compiled extends Structure {
  readonly name: string;
  readonly resources: ReadonlyMap<string, Named>;
  readonly uses: ReadonlyMap<Position, readonly Use[]>;
  /** Segments without which there is nothing to convert. */
  readonly needed: readonly string[];
}

/** All message structures, by the events that they serve: `ADT^A01`. */
export interface Structures {
  readonly byEvent: ReadonlyMap<string, Compiled>;
  /** All links in them. */
  readonly links: ReadonlySet<Link>;
}

/** All message files. Throws MappingError. */
export function compileStructures(
  files: Readonly<Record<string, MessageFile>>,
  rules: (type: string) => ResourceRules,
  maps: SegmentMaps,
): Structures {
  const known = new Map<string, Link>();
  const linkOnce = (text: string, segment: string): Link => {
    const key = `${segment} ${text}`;
    const link = known.get(key) ?? linkOf(text, segment, maps);
    known.set(key, link);
    return link;
  };
  const byEvent = new Map<string, Compiled>();
  for (const [name, file] of Object.entries(files)) {
    if (file.messages === undefined) continue;
    const structure = compileStructure(name, file, files, rules, linkOnce);
    for (const event of file.messages.split(' ')) byEvent.set(event, structure);
  }
  return { byEvent, links: new Set(known.values()) };
}

function compileStructure(
  name: string,
  file: MessageFile,
  files: Readonly<Record<string, MessageFile>>,
  rules: (type: string) => ResourceRules,
  linkOnce: (text: string, segment: string) => Link,
): Compiled {
  try {
    const grammar = readGrammar(name, file.grammar ?? '');
    const used = (file.uses?.split(' ') ?? []).map((use) => {
      const found = files[use];
      if (!found) throw new MappingError(`there is no message file ${use}`);
      return found;
    });
    const resources = new Map<string, Named>();
    for (const { resources: named } of [...used, file]) {
      for (const [key, text] of Object.entries(named ?? {})) resources.set(key, readNamed(key, text, rules));
    }
    const uses = new Map<Position, Use[]>();
    for (const one of [...used, file]) {
      for (const [place, texts] of Object.entries(one.maps ?? {})) {
        const positions = positionsOf(grammar, place);
        if (positions.length === 0 && one === file) throw new MappingError(`the grammar has no ${place}`);
        const added = [texts].flat().map((text): Use => {
          const { resource, from } = readUse(text);
          const named = resources.get(resource);
          if (!named) throw new MappingError(`${text}: no resource is named ${resource}`);
          return { named, link: linkOnce(from, segmentAt(place)) };
        });
        const before = (position: Position) => (place.endsWith('!') ? NONE : (uses.get(position) ?? NONE));
        for (const position of positions) uses.set(position, [...before(position), ...added]);
      }
    }
    const needed = file.needs?.split(' ') ?? [];
    const usesOf = ({ position }: Placed) => (position && uses.get(position)) ?? NONE;
    const apply: Structure['apply'] = (root, run) => applyTo(root, run, usesOf, needed, name);
    return { name, grammar, resources, uses, needed, apply };
  } catch (error) {
    throw error instanceof MappingError ? error.in(`messages/${name}`) : error;
  }
}

export function readNamed(name: string, text: string, rules: (type: string) => ResourceRules): Named {
  const found = /^([A-Z]\w+)(?: per (\w+))?( once| always)?(?: in ([\w-]+))?$/.exec(text);
  if (!found) throw new MappingError(`${name}: ${text} is not: Type [per GROUP] [once|always] [in name]`);
  const type = found[1]!;
  return {
    name,
    type,
    rules: rules(type),
    per: found[2],
    once: found[3] === undefined ? undefined : found[3] === ' once',
    within: found[4],
  };
}

/** `PID` of `PATIENT.PID`, and of `PATIENT.PID!`. */
export function segmentAt(place: string): string {
  return place.replace('!', '').split('.').at(-1)!;
}

/** `patient` of `patient from PID/Patient if …`, and the rest. */
export function readUse(text: string): { readonly resource: string; readonly from: string } {
  const [, resource, from] = /^([\w-]+) from (\S+(?: if .+)?)$/.exec(text) ?? [];
  if (resource === undefined) throw new MappingError(`${text} is not: name from MAP [if condition]`);
  return { resource, from: from! };
}

export function linkOf(text: string, segment: string, maps: SegmentMaps): Link {
  const [map = '', when] = text.split(/ if (.+)/);
  const condition = when === undefined ? undefined : maps.condition(when);
  return { text, segment, rows: maps.rows(map, segment), condition };
}

export function applyTo(
  root: Group,
  run: Run,
  usesOf: (placed: Placed) => readonly Use[],
  needed: readonly string[],
  name: string,
): void {
  const { message } = run;
  for (const segment of needed) {
    if (!message.segment(segment)) throw new Hl7Error('100', `${name} needs a ${segment} segment`);
  }
  const placed: Placed[] = [];
  const collect = (group: Group) => {
    placed.push(...group.placed);
    for (const child of group.children) collect(child);
  };
  collect(root);
  placed.sort((one, other) => one.segment.index - other.segment.index);
  const disordered = run.issues.some(({ code }) => code === 'structure');
  for (const one of disordered ? inOrder(root) : placed) {
    for (const use of usesOf(one)) applyUse(use, one, run);
  }
  for (const one of placed) if (!run.about(one.segment)) attribute(one, run);
}

/**
 * A segment that no map reads is about what the one before it is about, in its group or in those around it; a misplaced one about a patient
 * is about whom the PID is about.
 */
function attribute({ segment, group, position }: Placed, run: Run): void {
  const ofPatient = !position && OF_PATIENT.has(segment.name);
  for (let around: Group | undefined = group; around; around = around.parent) {
    const before = around.placed.findLast(
      (other) =>
        other.segment.index < segment.index &&
        run.about(other.segment) &&
        (!ofPatient || other.segment.name === 'PID'),
    );
    const about = before && run.about(before.segment);
    if (about) {
      run.spokenOf(segment, about);
      return;
    }
  }
}

const NONE: readonly Use[] = [];

function applyUse({ named, link: { rows, condition } }: Use, placed: Placed, run: Run): void {
  if (condition && !condition(placed, undefined)) return;
  const instance = instanceFor(named, placed, run);
  const { segment } = placed;
  run.spokenOf(segment, instance);
  const frame = new Frame(placed, run, instance);
  const { resource } = instance;
  for (const deed of rows.for(frame)) applyRow(deed, resource, frame, undefined);
}

function instanceFor({ name, type, rules, per, once, within }: Named, placed: Placed, run: Run): Instance {
  const { segment, group } = placed;
  const own = per === segment.name;
  const scope = per === undefined ? outermost(group) : own ? group : (group.enclosing(per) ?? group);
  const known = scope.own(name, own ? segment : undefined);
  if (known) return known;
  const instance = new Instance(name, type, rules, { group: scope, segment }, once, within, own);
  scope.name(instance);
  run.instances.push(instance);
  return instance;
}

function outermost(group: Group): Group {
  let at = group;
  while (at.parent) at = at.parent;
  return at;
}
