// SPDX-License-Identifier: Apache-2.0
import { Hl7Error } from '../ingest/hl7/errors.ts';
import type { Message } from '../ingest/hl7/message.ts';
import { type CodeMap, codeSystemUri, compileCodes, tableOnly } from './codes.ts';
import { MappingError } from './errors.ts';
import type { DatatypeFile, MappingFiles, SiteFile } from './files.ts';
import { compileRules, type ResourceRules } from './identity/rules.ts';
import { localSystem, systemWithin } from './identity/systems.ts';
import { type Sources, sourcesOf } from './language/deletion.ts';
import { compileRow, type Row, type Vocabulary } from './language/row.ts';
import { compileStructures, type Structure } from './structure.ts';
import type { Fill, TypeOf } from './types/converter.ts';
import { BUILT_IN } from './types/registry.ts';
import { referenced } from './types/resource.ts';

/** All mappings, compiled. */
export interface Program {
  /** The mappings for the messages of a sender: its own when it has a site file, else the common ones. */
  siteOf(message: Message): Site;
}

/** The mappings as they hold for the messages of one facility. */
export interface Site {
  readonly zone: string | undefined;
  readonly authority: string | undefined;
  readonly authorities: ReadonlyMap<string, string>;
  readonly ignored: ReadonlyMap<string, ReadonlySet<number>>;
  /** URI of a coding system by its name in CWE.3; a local one (`L`, `99…`) is its sender's. */
  codingSystem(name: string, sender: string): string;
  /** What resources of a type must say even when the message doesn't. */
  defaultsOf(type: string): readonly Row[];
  /** The coding that a row writes as `system|code|display`. */
  literalCoding(text: string): Record<string, unknown>;
  /** Throws Hl7Error 200 or 201 when no file maps such a message. */
  structureFor(message: Message): Structure;
}

export interface ProgramOptions {
  /** Zone of times that name none, where neither the message nor a site file says one. */
  readonly zone?: string;
}

/** Compiles mapping files. Throws MappingError naming the file and row that can't be used. */
export function compileProgram(files: MappingFiles, options: ProgramOptions = {}): Program {
  const common = compileSite(files, {}, options);
  const sites = new Map<string, Site>();
  for (const [name, site] of Object.entries(files.sites)) {
    if (!site.facility) throw new MappingError(`site/${name} names no facility`);
    sites.set(site.facility, compileSite(files, site, options));
  }
  return {
    siteOf({ header }) {
      return sites.get(header.value(4, 1, 1)) ?? sites.get(header.value(4, 1, 2)) ?? common;
    },
  };
}

function compileSite(files: MappingFiles, site: Partial<SiteFile>, options: ProgramOptions): Site {
  const rules = compileAllRules(files);
  const vocabulary = vocabularyOf(files, site, rules);
  const structures = compileStructures(files.messages, rules, (name) => {
    const file = files.segments[name];
    if (!file) return undefined;
    const rows = { ...file.rows, ...site.rows?.[name] };
    return compileRows(
      `segments/${name.replace('/', '-')}`,
      rows,
      vocabulary,
      sourcesOf(Object.values(rows)),
    );
  });
  const defaults = new Map(
    Object.entries(files.resources).map(([type, file]) => [
      type,
      compileRows(`resources.yaml#${type}`, Object.fromEntries((file.defaults ?? []).entries()), vocabulary),
    ]),
  );
  const codingSystems = new Map(Object.entries({ ...files.codingSystems, ...site['coding-systems'] }));
  const types = new Set([...structures.keys()].map((event) => event.split('^')[0]));
  return {
    zone: site.zone ?? options.zone,
    authority: site.authority,
    authorities: new Map(Object.entries({ ...files.authorities, ...site.authorities })),
    ignored: ignoredFields(files.ignored),
    codingSystem: codingSystemOf(codingSystems),
    defaultsOf: (type) => defaults.get(type) ?? [],
    literalCoding(text) {
      const [system, code, display] = text.split('|');
      return { system: codeSystemUri(system!), code, ...(display === undefined ? {} : { display }) };
    },
    structureFor({ header }) {
      const type = header.value(9, 1, 1);
      const trigger = header.value(9, 1, 2);
      const structure = structures.get(`${type}^${trigger}`);
      if (structure) return structure;
      const location = { segment: 'MSH', sequence: 1, field: 9 };
      throw types.has(type)
        ? new Hl7Error('201', `no mapping for this event of ${type}`, location)
        : new Hl7Error('200', 'no mapping for messages of this type', location);
    },
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
): Vocabulary {
  const codes = new Map<string, CodeMap>();
  const types = new Map<string, Fill>();
  const vocabulary: Vocabulary = {
    codes(name) {
      let found = codes.get(name);
      if (!found) {
        const file = files.codes[name];
        if (!file && !/^v[23]-/.test(name)) throw new MappingError(`there is no code map ${name}`);
        found = file
          ? compileCodes(name, { ...file, codes: { ...file.codes, ...site.codes?.[name] } })
          : tableOnly(name);
        codes.set(name, found);
      }
      return found;
    },
    type(name): TypeOf {
      const file = files.datatypes[name];
      if (!file) {
        const builtIn = BUILT_IN.get(name);
        if (!builtIn) throw new MappingError(`there is no type ${name}`);
        return builtIn;
      }
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
  const rows = compileRows(`datatypes/${name.replace('/', '-')}`, file.rows, vocabulary);
  const fill: Fill = {
    kind: 'fill',
    fill(target, place, frame) {
      const { components } = place;
      for (const row of rows) if (row.part <= components) row(target, frame, place);
    },
  };
  return file.resource === undefined ? fill : referenced(file.resource, rules(file.resource), fill);
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
    const table = /^HL7-?(\d{4})$/i.exec(name)?.[1] ?? /^(\d{4})$/.exec(name)?.[1];
    if (table !== undefined) return codeSystemUri(`v2-${table}`);
    const local = /^(L|99.*)$/i.test(name);
    return local ? systemWithin(sender, name) : localSystem(name);
  };
}

function ignoredFields(files: Readonly<Record<string, string>>): Map<string, Set<number>> {
  return new Map(
    Object.entries(files).map(([segment, numbers]) => [segment, new Set(numbers.split(' ').map(Number))]),
  );
}
