// SPDX-License-Identifier: Apache-2.0
import type { CharsetOverrides } from '../ingest/hl7/charset.ts';
import { knownCharset } from '../ingest/hl7/charsets.ts';
import { Hl7Error } from '../ingest/hl7/errors.ts';
import type { Message } from '../ingest/hl7/message.ts';
import { type CodeMap, codingSystemOf, tablesOf } from './codes.ts';
import { MappingError } from './errors.ts';
import type { DatatypeFile, MappingFiles, SiteFile } from './files.ts';
import { compileAllRules, type ResourceRules } from './identity/rules.ts';
import { type Choices, type Condition, compileCondition } from './language/condition.ts';
import { type Sources, sourcesOf } from './language/deletion.ts';
import { readReference } from './language/reference.ts';
import { applyRow, compileRow, type Row, type Vocabulary } from './language/row.ts';
import { Rows } from './language/rows.ts';
import { choicesOf } from './site/choices.ts';
import { codeMapOf, compileTranslation, type Translation } from './site/codes.ts';
import { namesOf, Sites } from './site/match.ts';
import { refuseUnused } from './site/own.ts';
import { Parts, saidOtherwise } from './site/parts.ts';
import { structuresOf } from './site/structures.ts';
import { compileView, eventOf, type View } from './site/view.ts';
import { compileStructures, type SegmentMaps, type Structure, type Structures } from './structure.ts';
import type { Fill, TypeOf } from './types/converter.ts';
import { BUILT_IN } from './types/registry.ts';
import { referenced } from './types/resource.ts';

/** All mappings, compiled. */
export interface Program {
  /** The mappings for the messages of a sender: its own when it has a site file, else the common ones. */
  siteOf(message: Message): Site;
  /** The character sets that site files set for their facilities. */
  readonly charsets: CharsetOverrides;
}

/** The mappings as they hold for the messages of one facility. */
export interface Site {
  /** Name of its file; absent: what is common to all. */
  readonly name?: string;
  /** The message as the site means it: fields that it sends elsewhere, events that it calls otherwise. */
  readonly asRead: View;
  /** Nothing is to be made of such a message. */
  ignores(message: Message): boolean;
  /** What the site says of a code of its own. */
  readonly translation?: Translation;
  readonly zone: string | undefined;
  readonly authority: string | undefined;
  readonly authorities: ReadonlyMap<string, string>;
  /** By segment and field: the rule that leaves it out. */
  readonly ignored: ReadonlyMap<string, ReadonlyMap<number, string>>;
  /** URI of a coding system by its name in CWE.3; a local one (`L`, `99…`) is its sender's. */
  codingSystem(name: string, sender: string): string;
  /** The coding system of a code: of one that HL7's table doesn't list its sender's own. */
  systemOfCode(system: string, code: string, sender: string): string;
  /** What resources of a type must say even when the message doesn't. */
  defaultsOf(type: string): readonly Row[];
  /** Throws Hl7Error 200 or 201 when no file maps such a message. */
  structureFor(message: Message): Structure;
}

export interface ProgramOptions {
  /** Zone of times that name none, where neither the message nor a site file says one. */
  readonly zone?: string;
}

/** Compiles mapping files. Throws MappingError naming the file and row that can't be used. */
export function compileProgram(files: MappingFiles, options: ProgramOptions = {}): Program {
  const common = compileCommon(files, options);
  const others = compileSite({}, common);
  const sites = new Sites<Site>();
  const charsets = new Map<string, string>();
  for (const [name, file] of Object.entries(files.sites)) {
    try {
      sites.add(name, file, { ...compileSite(file, common), name });
      addCharset(charsets, file);
    } catch (error) {
      throw error instanceof MappingError ? error.in(`site/${name}`) : error;
    }
  }
  return {
    siteOf: ({ header }) => sites.of(header) ?? others,
    charsets: (facility) => charsets.get(facility),
  };
}

/** The set is needed before the message can be read: it is the facility's, whichever of its applications sends. */
function addCharset(charsets: Map<string, string>, { charset, facility }: SiteFile): void {
  if (charset === undefined) return;
  if (!knownCharset(charset)) throw new MappingError(`charset: ${charset} is not known`);
  for (const one of namesOf(facility)) {
    const other = charsets.get(one);
    if (other !== undefined && other !== charset)
      throw new MappingError(`charset: another file of ${one} says ${other}`);
    charsets.set(one, charset);
  }
}

/** What all sites have, but for what one says otherwise. */
interface Common extends Pick<Site, 'ignored' | 'systemOfCode' | 'authorities'> {
  readonly files: MappingFiles;
  readonly zone: string | undefined;
  readonly rules: (type: string) => ResourceRules;
  readonly codingSystems: ReadonlyMap<string, string>;
  readonly maps: Maps;
  readonly structures: Structures;
}

function compileCommon(files: MappingFiles, { zone }: ProgramOptions): Common {
  const rules = compileAllRules(files.resources);
  const maps = new Maps(files, {}, rules);
  return {
    files,
    zone,
    rules,
    maps,
    structures: compileStructures(files.messages, rules, maps),
    authorities: new Map(Object.entries(files.authorities)),
    codingSystems: new Map(Object.entries(files.codingSystems)),
    ignored: ignoredFields(files.ignored),
    systemOfCode: tablesOf(files.tables),
  };
}

function compileSite(site: Partial<SiteFile>, common: Common): Site {
  const { files, rules, ignored, systemOfCode } = common;
  refuseUnused(site, files);
  const maps = new Maps(files, site, rules, common.maps);
  const structures = structuresOf(common.structures, site, rules, maps);
  const wrong = Object.values(site.events ?? {}).find((event) => !structures.has(event));
  if (wrong !== undefined) throw new MappingError(`events: no message file is for ${wrong}`);
  const left = new Set(site.ignore?.split(' '));
  const translation = compileTranslation(files, site.codes);
  const defaults = maps.defaults();
  return {
    asRead: compileView(site),
    ignores: (message) => left.has(eventOf(message)),
    ...(translation ? { translation } : {}),
    zone: site.zone ?? common.zone,
    authority: site.authority,
    authorities: withOwn(common.authorities, site.authorities),
    ignored,
    systemOfCode,
    codingSystem: codingSystemOf(withOwn(common.codingSystems, site['coding-systems'])),
    defaultsOf: (type) => defaults.get(type) ?? [],
    structureFor({ header }) {
      const type = header.value(9, 1, 1);
      const trigger = header.value(9, 1, 2);
      const structure = structures.get(`${type}^${trigger}`) ?? structures.get(`${type}^*`);
      if (structure) return structure;
      const location = { segment: 'MSH', sequence: 1, field: 9 };
      throw [...structures.keys()].some((event) => event.startsWith(`${type}^`))
        ? new Hl7Error('201', `no mapping for this event of ${type}`, location)
        : new Hl7Error('200', 'no mapping for messages of this type', location);
    },
  };
}

function withOwn(
  common: ReadonlyMap<string, string>,
  own: Readonly<Record<string, string>> | undefined,
): ReadonlyMap<string, string> {
  return own ? new Map([...common, ...Object.entries(own)]) : common;
}

/** The maps and what their rows may name, as they hold for a site; those that it says nothing of are the common ones. */
class Maps implements Vocabulary, SegmentMaps {
  readonly #files: MappingFiles;
  readonly #site: Partial<SiteFile>;
  readonly #rules: (type: string) => ResourceRules;
  readonly #chosen: Choices;
  readonly #parts: Parts<Maps>;

  constructor(
    files: MappingFiles,
    site: Partial<SiteFile>,
    rules: (type: string) => ResourceRules,
    common?: Maps,
  ) {
    this.#files = files;
    this.#site = site;
    this.#rules = rules;
    this.#chosen = choicesOf(files, site);
    this.#parts = new Parts(this, common ? common.#parts : undefined, saidOtherwise(site, files));
  }

  readonly choices: Choices = (name) => this.#parts.get(`choice ${name}`, (maps) => maps.#chosen(name));

  codes(name: string): CodeMap {
    return this.#parts.get(`codes ${name}`, (maps) => codeMapOf(name, maps.#files, maps.#site));
  }

  type(name: string): TypeOf {
    const file = this.#files.datatypes[name];
    const builtIn = file ? undefined : BUILT_IN.get(name);
    if (builtIn) return builtIn;
    if (!file && !this.#site.rows?.[name]) throw new MappingError(`there is no type ${name}`);
    return () =>
      this.#parts.get(`type ${name}`, (maps) => {
        const rows = { ...file?.rows, ...maps.#site.rows?.[name] };
        return compileDatatype(name, { ...file, rows }, maps, maps.#rules);
      });
  }

  condition(text: string): Condition {
    return this.#parts.get(`condition ${text}`, (maps) => compileCondition(text, maps.choices));
  }

  rows(map: string, segment: string): Rows {
    return this.#parts.get(`rows ${map}`, (maps) => maps.#rowsOf(map))(segment);
  }

  #rowsOf(map: string): (segment: string) => Rows {
    const [common, own] = [this.#files.segments[map]?.rows, this.#site.rows?.[map]];
    if (!common && !own) throw new MappingError(`there is no segment map ${map}`);
    const rows = { ...common, ...own };
    const place = `segments/${map.replace('/', '-')}`;
    const compiled = compileRows(place, rows, this, sourcesOf(Object.values(rows)));
    const made = new Map<string, Rows>();
    return (segment) => {
      const found = made.get(segment) ?? new Rows(compiled, segment);
      made.set(segment, found);
      return found;
    };
  }

  /** By type of resource: what it must say even when the message doesn't. */
  defaults(): ReadonlyMap<string, readonly Row[]> {
    return this.#parts.get('defaults', (maps) => {
      const written = Object.entries(this.#files.resources);
      return new Map(
        written.map(([type, { defaults = [] }]) => [
          type,
          compileRows(`resources.yaml#${type}`, Object.fromEntries(defaults.entries()), maps),
        ]),
      );
    });
  }
}

function compileDatatype(
  name: string,
  file: DatatypeFile,
  vocabulary: Vocabulary,
  rules: (type: string) => ResourceRules,
): Fill {
  const compiled = compileRows(`datatypes/${name.replace('/', '-')}`, file.rows, vocabulary);
  const rows = new Rows(compiled);
  const fill: Fill = {
    kind: 'fill',
    outward: compiled.some(({ outward }) => outward),
    fill(target, place, frame) {
      for (const deed of rows.for(frame, place)) applyRow(deed, target, frame, place);
    },
  };
  return file.resource === undefined
    ? fill
    : referenced(file.resource, rules(file.resource), fill, file.once === 'yes' ? true : undefined);
}

function compileRows(
  place: string,
  rows: Readonly<Record<string, string>>,
  vocabulary: Vocabulary,
  sources?: Sources,
): Row[] {
  return Object.entries(rows)
    .filter(([, text]) => text !== '')
    .map(([id, text]) => {
      try {
        return compileRow(text, `${place}#${id}`, vocabulary, sources);
      } catch (error) {
        throw error instanceof MappingError ? error.in(`${place}, row ${id}`) : error;
      }
    });
}

function ignoredFields(rules: Readonly<Record<string, string>>): Map<string, Map<number, string>> {
  const ignored = new Map<string, Map<number, string>>();
  for (const [rule, fields] of Object.entries(rules)) {
    for (const text of fields.split(' ')) {
      const { segment, field } = readReference(text);
      if (segment === undefined) throw new MappingError(`ignored.yaml, ${rule}: ${text} is no field`);
      ignored.set(segment, (ignored.get(segment) ?? new Map<number, string>()).set(field, rule));
    }
  }
  return ignored;
}
