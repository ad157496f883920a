// SPDX-License-Identifier: Apache-2.0
import type { CharsetOverrides } from '../ingest/hl7/charset.ts';
import { knownCharset } from '../ingest/hl7/charsets.ts';
import { Hl7Error } from '../ingest/hl7/errors.ts';
import type { Message } from '../ingest/hl7/message.ts';
import { type CodeMap, codeSystemUri, tablesOf } from './codes.ts';
import { MappingError } from './errors.ts';
import type { DatatypeFile, MappingFiles, SiteFile } from './files.ts';
import { compileRules, type ResourceRules } from './identity/rules.ts';
import { localSystem, systemWithin } from './identity/systems.ts';
import type { Choices } from './language/condition.ts';
import { type Sources, sourcesOf } from './language/deletion.ts';
import { readReference } from './language/reference.ts';
import { applyRow, compileRow, type Row, type Vocabulary } from './language/row.ts';
import { Rows } from './language/rows.ts';
import { codeMapOf, compileTranslation, type Translation } from './site/codes.ts';
import { namesOf, Sites } from './site/match.ts';
import { refuseUnused } from './site/own.ts';
import { compileView, eventOf, type View } from './site/view.ts';
import { compileStructures, type Structure } from './structure.ts';
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
  const shared: Shared = {
    rules: compileAllRules(files),
    ignored: ignoredFields(files.ignored),
    systemOfCode: tablesOf(files.tables),
  };
  const common = compileSite(files, {}, options, shared);
  const sites = new Sites<Site>();
  const charsets = new Map<string, string>();
  for (const [name, file] of Object.entries(files.sites)) {
    try {
      sites.add(name, file, { ...compileSite(files, file, options, shared), name });
      addCharset(charsets, file);
    } catch (error) {
      throw error instanceof MappingError ? error.in(`site/${name}`) : error;
    }
  }
  return {
    siteOf: ({ header }) => sites.of(header) ?? common,
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

/** What no site says otherwise. */
interface Shared extends Pick<Site, 'ignored' | 'systemOfCode'> {
  readonly rules: (type: string) => ResourceRules;
}

function compileSite(
  files: MappingFiles,
  site: Partial<SiteFile>,
  options: ProgramOptions,
  { rules, ...shared }: Shared,
): Site {
  refuseUnused(site, files);
  const choices = choicesOf(files, site);
  const vocabulary = vocabularyOf(files, site, rules, choices);
  const rowsOf = (name: string) => {
    const file = files.segments[name];
    if (!file && !site.rows?.[name]) return undefined;
    const rows = { ...file?.rows, ...site.rows?.[name] };
    return compileRows(
      `segments/${name.replace('/', '-')}`,
      rows,
      vocabulary,
      sourcesOf(Object.values(rows)),
    );
  };
  const structures = compileStructures(files.messages, rules, rowsOf, choices, site);
  const defaults = new Map(
    Object.entries(files.resources).map(([type, file]) => [
      type,
      compileRows(`resources.yaml#${type}`, Object.fromEntries((file.defaults ?? []).entries()), vocabulary),
    ]),
  );
  const codingSystems = new Map(Object.entries({ ...files.codingSystems, ...site['coding-systems'] }));
  const types = new Set([...structures.keys()].map((event) => event.split('^')[0]));
  const wrong = Object.values(site.events ?? {}).find((event) => !structures.has(event));
  if (wrong !== undefined) throw new MappingError(`events: no message file is for ${wrong}`);
  const ignored = new Set(site.ignore?.split(' '));
  const translation = compileTranslation(files, site.codes);
  return {
    asRead: compileView(site),
    ignores: (message) => ignored.has(eventOf(message)),
    ...(translation ? { translation } : {}),
    zone: site.zone ?? options.zone,
    authority: site.authority,
    authorities: new Map(Object.entries({ ...files.authorities, ...site.authorities })),
    ...shared,
    codingSystem: codingSystemOf(codingSystems),
    defaultsOf: (type) => defaults.get(type) ?? [],
    structureFor({ header }) {
      const type = header.value(9, 1, 1);
      const trigger = header.value(9, 1, 2);
      const structure = structures.get(`${type}^${trigger}`) ?? structures.get(`${type}^*`);
      if (structure) return structure;
      const location = { segment: 'MSH', sequence: 1, field: 9 };
      throw types.has(type)
        ? new Hl7Error('201', `no mapping for this event of ${type}`, location)
        : new Hl7Error('200', 'no mapping for messages of this type', location);
    },
  };
}

function choicesOf(files: MappingFiles, site: Partial<SiteFile>): Choices {
  const unknown = Object.keys(site.choices ?? {}).find((name) => files.choices[name] === undefined);
  if (unknown !== undefined) throw new MappingError(`there is no choice ${unknown}`);
  const made = new Map(Object.entries({ ...files.choices, ...site.choices }));
  for (const [name, said] of made)
    if (said !== 'yes' && said !== 'no')
      throw new MappingError(`the choice ${name} is yes or no, not ${said}`);
  return (name) => {
    const said = made.get(name);
    if (said === undefined) throw new MappingError(`there is no choice ${name}`);
    return said === 'yes';
  };
}

function compileAllRules(files: MappingFiles): (type: string) => ResourceRules {
  const rules = new Map(
    Object.entries(files.resources).map(([type, file]) => [type, compileRules(type, file)]),
  );
  return (type) => {
    const found = rules.get(type);
    if (!found) throw new MappingError(`resources.yaml has no ${type}`);
    return found;
  };
}

function vocabularyOf(
  files: MappingFiles,
  site: Partial<SiteFile>,
  rules: (type: string) => ResourceRules,
  choices: Choices,
): Vocabulary {
  const codes = new Map<string, CodeMap>();
  const types = new Map<string, Fill>();
  const vocabulary: Vocabulary = {
    choices,
    codes(name) {
      let found = codes.get(name);
      if (!found) {
        found = codeMapOf(name, files, site);
        codes.set(name, found);
      }
      return found;
    },
    type(name): TypeOf {
      const builtIn = files.datatypes[name] ? undefined : BUILT_IN.get(name);
      if (builtIn) return builtIn;
      const file = files.datatypes[name] ?? (site.rows?.[name] && { rows: {} });
      if (!file) throw new MappingError(`there is no type ${name}`);
      return () => {
        let fill = types.get(name);
        if (!fill) {
          fill = compileDatatype(
            name,
            { ...file, rows: { ...file.rows, ...site.rows?.[name] } },
            vocabulary,
            rules,
          );
          types.set(name, fill);
        }
        return fill;
      };
    },
  };
  return vocabulary;
}

function compileDatatype(
  name: string,
  file: DatatypeFile,
  vocabulary: Vocabulary,
  rules: (type: string) => ResourceRules,
): Fill {
  const rows = new Rows(compileRows(`datatypes/${name.replace('/', '-')}`, file.rows, vocabulary));
  const fill: Fill = {
    kind: 'fill',
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

function codingSystemOf(known: ReadonlyMap<string, string>): (name: string, sender: string) => string {
  return (name, sender) => {
    const found = known.get(name) ?? known.get(name.toUpperCase());
    if (found !== undefined) return found;
    if (/^(https?:|urn:)\S+$/i.test(name)) return name;
    if (OID.test(name)) return systemOfOid(name, known);
    const table = /^HL7-?(\d{4})$/i.exec(name)?.[1] ?? /^(\d{4})$/.exec(name)?.[1];
    if (table !== undefined) return codeSystemUri(`v2-${table}`);
    const local = /^(L|99.*)$/i.test(name);
    return local ? systemWithin(sender, name) : localSystem(name);
  };
}

const OID = /^[0-2](\.(0|[1-9]\d*))+$/;

/** HL7's tables have OIDs as well as names. */
function systemOfOid(oid: string, known: ReadonlyMap<string, string>): string {
  const table = /^2\.16\.840\.1\.113883\.12\.(\d{1,4})$/.exec(oid)?.[1];
  if (table !== undefined) return codeSystemUri(`v2-${table.padStart(4, '0')}`);
  return known.get(`urn:oid:${oid}`) ?? `urn:oid:${oid}`;
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
