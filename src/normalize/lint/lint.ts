// SPDX-License-Identifier: Apache-2.0
import { MappingError } from '../errors.ts';
import type { MappingFiles } from '../files.ts';
import { compileProgram } from '../program.ts';
import { isResourceType } from './elements.ts';
import { fieldCounts } from './fields.ts';
import { lintChoices, lintCodes, lintIgnored, lintRules, lintUris } from './lists.ts';
import { lintEvents, lintMessage } from './messages.ts';
import { type Linting, lintRows, type RowsAt } from './rows.ts';
import { hasItsShape } from './shapes.ts';
import { lintSite, lintSites } from './sites.ts';
import { type Problem, Source } from './source.ts';
import { mapUses } from './uses.ts';
import { lintVocabulary } from './vocabulary.ts';

export type { Problem } from './source.ts';

/**
 * Everything that is wrong in mapping files, by file and line. `texts` has all files of a folder by their names within it;
 * `fields` is what `guide/fields.yaml` says: the fields of segments.
 */
export function lintMappings(texts: ReadonlyMap<string, string>, fields: unknown): Problem[] {
  const sources = new Map([...texts].map(([file, text]) => [file, new Source(file, text)]));
  const whole = [...sources.values()].filter(hasItsShape);
  const files = filesOf(whole);
  new Linter(files, sources, fields).lint();
  const problems = [...sources.values()].flatMap((source) => source.problems);
  if (problems.length === 0) problems.push(...whatElse(files));
  return problems.sort((one, other) => compare(one.file, other.file) || one.line - other.line);
}

/** What only compiling finds out has no line. */
function whatElse(files: MappingFiles): Problem[] {
  try {
    compileProgram(files);
    return [];
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return [{ file: '', line: 0, message: error.message }];
  }
}

function filesOf(sources: readonly Source[]): MappingFiles {
  const folder = (name: string): Record<string, never> =>
    Object.fromEntries(
      sources
        .filter(({ file }) => file.startsWith(`${name}/`))
        .map(({ file, value }) => [file.slice(name.length + 1, -'.yaml'.length), value as never]),
    );
  const byMap = (name: string) =>
    Object.fromEntries(Object.entries(folder(name)).map(([file, value]) => [file.replace('-', '/'), value]));
  const list = (name: string) => (sources.find(({ file }) => file === `${name}.yaml`)?.value ?? {}) as never;
  return {
    messages: folder('messages'),
    segments: byMap('segments'),
    datatypes: byMap('datatypes'),
    codes: folder('codes'),
    sites: folder('site'),
    resources: list('resources'),
    codingSystems: list('coding-systems'),
    tables: list('tables'),
    authorities: list('authorities'),
    choices: list('choices'),
    ignored: list('ignored'),
  };
}

const fileOf = (folder: string, map: string): string => `${folder}/${map.replace('/', '-')}.yaml`;

class Linter {
  readonly #files: MappingFiles;
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #linting: Linting;
  /** Types of the elements that a data type is used for, the ones that have yet to be looked at. */
  readonly #filled = new Map<string, Set<string>>();
  #waiting: [datatype: string, element: string][] = [];

  constructor(files: MappingFiles, sources: ReadonlyMap<string, Source>, fields: unknown) {
    this.#files = files;
    this.#sources = sources;
    const filled = (datatype: string, element: string) => {
      const known = this.#filled.get(datatype) ?? new Set();
      this.#filled.set(datatype, known);
      if (known.has(element) || !files.datatypes[datatype]) return;
      known.add(element);
      this.#waiting.push([datatype, element]);
    };
    this.#linting = { files, counts: fieldCounts(fields), filled };
  }

  lint(): void {
    this.#lintLists();
    this.#lintMessages();
    this.#lintSegments();
    this.#lintSites();
    this.#lintDatatypes();
  }

  #with(file: string, step: (source: Source) => void): void {
    const source = this.#sources.get(file);
    if (source) step(source);
  }

  #lintLists(): void {
    const { codes, resources, codingSystems, authorities, choices, ignored } = this.#files;
    const { counts } = this.#linting;
    for (const [name, file] of Object.entries(codes))
      this.#with(`codes/${name}.yaml`, (source) => lintCodes(source, ['codes'], name, file));
    this.#with('coding-systems.yaml', (source) => lintUris(source, [], codingSystems));
    this.#with('authorities.yaml', (source) => lintUris(source, [], authorities));
    this.#with('choices.yaml', (source) => lintChoices(source, [], choices));
    this.#with('ignored.yaml', (source) => lintIgnored(source, ignored, counts));
    this.#with('resources.yaml', (source) => {
      const vocabulary = lintVocabulary(this.#files);
      for (const [type, file] of Object.entries(resources)) {
        lintRules(source, type, file, counts);
        const at = { source, keys: [type, 'defaults'], vocabulary, types: [type] };
        if (isResourceType(type))
          lintRows(Object.fromEntries((file.defaults ?? []).entries()), at, this.#linting);
      }
    });
  }

  #lintMessages(): void {
    const vocabulary = lintVocabulary(this.#files);
    for (const [name, file] of Object.entries(this.#files.messages))
      this.#with(`messages/${name}.yaml`, (source) =>
        lintMessage(source, file, this.#files, vocabulary, this.#linting.counts),
      );
    lintEvents(this.#sources, this.#files);
  }

  #lintSegments(): void {
    const uses = mapUses(this.#files);
    const vocabulary = lintVocabulary(this.#files);
    for (const [map, { rows }] of Object.entries(this.#files.segments))
      this.#with(fileOf('segments', map), (source) => {
        const use = uses.get(map);
        const at: RowsAt = {
          source,
          keys: ['rows'],
          vocabulary,
          types: use?.types ?? [],
          ...(use ? { use } : {}),
        };
        lintRows(rows ?? {}, at, this.#linting);
      });
  }

  #lintSites(): void {
    const { files, counts } = this.#linting;
    lintSites(this.#sources, files);
    for (const [name, site] of Object.entries(files.sites))
      this.#with(`site/${name}.yaml`, (source) => {
        lintSite(source, site, files, counts);
        const uses = mapUses(files, site);
        const vocabulary = lintVocabulary(files, site);
        for (const [map, rows] of Object.entries(site.rows ?? {})) {
          const use = uses.get(map);
          const types = use?.types ?? this.#typesOf(map);
          lintRows(
            rows,
            { source, keys: ['rows', map], vocabulary, types, ...(use ? { use } : {}) },
            this.#linting,
          );
        }
      });
  }

  #typesOf(datatype: string): readonly string[] {
    const resource = this.#files.datatypes[datatype]?.resource;
    return resource === undefined ? [...(this.#filled.get(datatype) ?? [])] : [resource];
  }

  /** Each data type, for all elements that it is used for, which shows when the rows that use it are looked at. */
  #lintDatatypes(): void {
    const vocabulary = lintVocabulary(this.#files);
    const look = (datatype: string, types: readonly string[]): void =>
      this.#with(fileOf('datatypes', datatype), (source) => {
        const rows = this.#files.datatypes[datatype]?.rows ?? {};
        lintRows(rows, { source, keys: ['rows'], vocabulary, types }, this.#linting);
      });
    for (const [name, { resource }] of Object.entries(this.#files.datatypes))
      look(name, resource === undefined ? [] : [resource]);
    while (this.#waiting.length > 0) {
      const [datatype, element] = this.#waiting.pop()!;
      // What has a resource of its own was looked at for that.
      if (this.#files.datatypes[datatype]?.resource === undefined) look(datatype, [element]);
    }
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
