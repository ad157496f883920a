// SPDX-License-Identifier: Apache-2.0
import { MappingError } from '../errors.ts';
import type { MappingFiles, MessageFile } from '../files.ts';
import { type Position, positionsOf, readGrammar } from '../grammar/notation.ts';
import { compileCondition } from '../language/condition.ts';
import type { Vocabulary } from '../language/row.ts';
import { type FieldCounts, wrongFields } from './fields.ts';
import { didYouMean } from './near.ts';
import type { Keys, Source } from './source.ts';
import { namesIn, usedBy, wordsIn } from './uses.ts';

/** What is wrong with a message file, but for the maps that it uses. */
export function lintMessage(
  source: Source,
  file: MessageFile,
  files: MappingFiles,
  vocabulary: Vocabulary,
  counts: FieldCounts,
): void {
  const known = new Set(namesIn(file.grammar));
  for (const name of wordsIn(file.uses))
    if (!files.messages[name])
      source.report(
        ['uses'],
        `there is no message file ${name}${didYouMean(name, Object.keys(files.messages))}`,
      );
  for (const segment of wordsIn(file.needs))
    if (!known.has(segment))
      source.report(['needs'], `the grammar has no ${segment}${didYouMean(segment, known)}`);
  const grammar = grammarOf(source, file);
  const groups =
    file.grammar === undefined ? undefined : [...file.grammar.matchAll(/[A-Z][A-Z0-9_]*/g)].map(String);
  lintResources(source, file.resources, files, groups);
  const named = new Set(usedBy(file, files).flatMap(({ resources }) => Object.keys(resources ?? {})));
  // A file that others use may be for resources which they have names for.
  const names = file.messages === undefined ? undefined : named;
  lintMaps(source, file.maps, {
    files,
    names,
    grammar,
    vocabulary,
    counts,
    maps: Object.keys(files.segments),
  });
}

/** The events that another message file is for as well, by the keys of their files. */
export function lintEvents(sources: ReadonlyMap<string, Source>, files: MappingFiles): void {
  const owners = new Map<string, string>();
  for (const [name, { messages }] of Object.entries(files.messages)) {
    for (const event of wordsIn(messages)) {
      const owner = owners.get(event);
      if (owner !== undefined)
        sources
          .get(`messages/${name}.yaml`)
          ?.report(['messages'], `messages/${owner}.yaml is for ${event} already`);
      owners.set(event, owner ?? name);
    }
  }
}

function grammarOf(source: Source, file: MessageFile): Position | undefined {
  if (file.messages === undefined) return undefined;
  try {
    return readGrammar('the message', file.grammar ?? '');
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    source.report(['grammar'], error.message);
    return undefined;
  }
}

/** `groups`: names of groups and segments; absent: not known here. */
export function lintResources(
  source: Source,
  resources: Readonly<Record<string, string>> | undefined,
  files: MappingFiles,
  groups?: readonly string[],
): void {
  for (const [name, text] of Object.entries(resources ?? {})) {
    const report = (message: string) => source.report(['resources', name], message);
    const [, type, per] = /^([A-Z]\w+)(?: per (\w+))?(?: once| always)?(?: in [\w-]+)?$/.exec(text) ?? [];
    if (type === undefined) report(`${text} is not: Type [per GROUP] [once|always] [in name]`);
    else if (!files.resources[type])
      report(`resources.yaml has no ${type}${didYouMean(type, Object.keys(files.resources))}`);
    if (per !== undefined && groups && !groups.includes(per))
      report(`the grammar has no ${per}${didYouMean(per, groups)}`);
  }
}

export interface MapsAt {
  readonly files: MappingFiles;
  /** Resources that have names; absent: not known here. */
  readonly names: ReadonlySet<string> | undefined;
  /** Where every place must be found; absent: not known here. */
  readonly grammar: Position | undefined;
  readonly vocabulary: Vocabulary;
  readonly counts: FieldCounts;
  /** Segment maps that there are. */
  readonly maps: readonly string[];
}

export function lintMaps(source: Source, maps: MessageFile['maps'], at: MapsAt): void {
  for (const [place, written] of Object.entries(maps ?? {})) {
    if (at.grammar && positionsOf(at.grammar, place).length === 0)
      source.report(['maps', place], `the grammar has no ${place}${nearPlace(at.grammar, place)}`);
    const texts = [written].flat();
    for (const [index, text] of texts.entries()) {
      const keys: Keys = ['maps', place, ...(typeof written === 'string' ? [] : [index])];
      for (const problem of wrongUse(text, at)) source.report(keys, problem);
    }
  }
}

function* wrongUse(text: string, { names, vocabulary, counts, maps }: MapsAt): Generator<string> {
  const [, name, map, condition] = /^([\w-]+) from (\S+)(?: if (.+))?$/.exec(text) ?? [];
  if (name === undefined) return yield `${text} is not: name from MAP [if condition]`;
  if (names && !names.has(name)) yield `no resource is named ${name}${didYouMean(name, names)}`;
  if (!maps.includes(map!)) yield `there is no segment map ${map}${didYouMean(map!, maps)}`;
  if (condition === undefined) return;
  try {
    compileCondition(condition, vocabulary.choices);
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return yield error.message;
  }
  yield* wrongFields(condition, counts, undefined);
}

function nearPlace(root: Position, place: string): string {
  const paths: string[] = [];
  const visit = (position: Position, path: readonly string[]): void => {
    for (let from = 0; from < path.length; from++) paths.push(path.slice(from).join('.'));
    for (const child of position.children ?? []) visit(child, [...path, child.name]);
  };
  visit(root, []);
  return didYouMean(place, paths);
}
