// SPDX-License-Identifier: Apache-2.0
import { Hl7Error } from '../ingest/hl7/errors.ts';
import { MappingError } from './errors.ts';
import type { MessageFile } from './files.ts';
import type { Group, Placed } from './grammar/group.ts';
import { type Position, positionsOf, readGrammar } from './grammar/notation.ts';
import type { ResourceRules } from './identity/rules.ts';
import { Instance } from './instance.ts';
import { type Condition, compileCondition } from './language/condition.ts';
import type { Row } from './language/row.ts';
import type { Run } from './run.ts';

/** A message structure: where its segments stand, and what each makes of which resource. */
export interface Structure {
  readonly grammar: Position;
  /** Maps all segments of a message whose structure has been found. */
  apply(root: Group, run: Run): void;
}

/** A resource that the message file has a name for. */
interface Named {
  readonly name: string;
  readonly type: string;
  readonly rules: ResourceRules;
  /** Group or segment of which each has its own; absent: one for the message. */
  readonly per: string | undefined;
  readonly once: boolean | undefined;
}

interface Use {
  readonly named: Named;
  readonly rows: readonly Row[];
  readonly condition: Condition | undefined;
}

/** All message files, by the events that they serve: `ADT^A01`. */
export function compileStructures(
  files: Readonly<Record<string, MessageFile>>,
  rules: (type: string) => ResourceRules,
  rowsOf: (map: string) => Row[] | undefined,
): Map<string, Structure> {
  const compiled = new Map<string, Row[]>();
  const cachedRows = (map: string): Row[] => {
    const rows = compiled.get(map) ?? rowsOf(map);
    if (!rows) throw new MappingError(`there is no segment map ${map}`);
    compiled.set(map, rows);
    return rows;
  };
  const structures = new Map<string, Structure>();
  for (const [name, file] of Object.entries(files)) {
    if (file.messages === undefined) continue;
    const structure = compileStructure(name, file, files, rules, cachedRows);
    for (const event of file.messages.split(' ')) structures.set(event, structure);
  }
  return structures;
}

function compileStructure(
  name: string,
  file: MessageFile,
  files: Readonly<Record<string, MessageFile>>,
  rules: (type: string) => ResourceRules,
  rowsOf: (map: string) => Row[],
): Structure {
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
        const added = [texts].flat().map((text) => readUse(text, resources, rowsOf));
        for (const position of positions) uses.set(position, [...(uses.get(position) ?? []), ...added]);
      }
    }
    const needed = file.needs?.split(' ') ?? [];
    return { grammar, apply: (root, run) => applyTo(root, run, uses, needed, name) };
  } catch (error) {
    throw error instanceof MappingError ? error.in(`messages/${name}`) : error;
  }
}

function readNamed(name: string, text: string, rules: (type: string) => ResourceRules): Named {
  const found = /^([A-Z]\w+)(?: per (\w+))?( once)?$/.exec(text);
  if (!found) throw new MappingError(`${name}: ${text} is not: Type [per GROUP] [once]`);
  const type = found[1]!;
  return { name, type, rules: rules(type), per: found[2], once: found[3] ? true : undefined };
}

function readUse(text: string, resources: ReadonlyMap<string, Named>, rowsOf: (map: string) => Row[]): Use {
  const [, name, map, condition] = /^(\w+) from (\S+)(?: if (.+))?$/.exec(text) ?? [];
  if (name === undefined) throw new MappingError(`${text} is not: name from MAP [if condition]`);
  const named = resources.get(name);
  if (!named) throw new MappingError(`${text}: no resource is named ${name}`);
  const rows = rowsOf(map!);
  return { named, rows, condition: condition === undefined ? undefined : compileCondition(condition) };
}

function applyTo(
  root: Group,
  run: Run,
  uses: ReadonlyMap<Position, Use[]>,
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
  for (const one of placed) {
    for (const use of (one.position && uses.get(one.position)) ?? []) applyUse(use, one, run);
  }
}

function applyUse({ named, rows, condition }: Use, placed: Placed, run: Run): void {
  if (condition && !condition(placed, undefined)) return;
  const instance = instanceFor(named, placed, run);
  const frame = { ...placed, run, instance, labels: new Map() };
  for (const row of rows) row(instance.resource, frame, undefined);
}

function instanceFor({ name, type, rules, per, once }: Named, placed: Placed, run: Run): Instance {
  const { segment, group } = placed;
  const own = per === segment.name;
  const scope = per === undefined ? outermost(group) : own ? group : (group.enclosing(per) ?? group);
  const known = own ? undefined : scope.own(name);
  if (known) return known;
  const instance = new Instance(name, type, rules, { group: scope, segment }, once);
  scope.name(instance);
  run.instances.push(instance);
  return instance;
}

function outermost(group: Group): Group {
  let at = group;
  while (at.parent) at = at.parent;
  return at;
}
