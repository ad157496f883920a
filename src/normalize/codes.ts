// SPDX-License-Identifier: Apache-2.0
import { MappingError } from './errors.ts';
import { localSystem, systemWithin } from './identity/systems.ts';

export interface CodeTarget {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
}

/** One file of `mappings/codes/`: what the codes of a v2 table are called in FHIR. */
export interface CodeMap {
  /** System of a v2 code whose sender didn't say one: that of the field's table. */
  readonly table?: string;
  /** Of a map that means to know all codes: those that it lacks are worth telling. */
  readonly name?: string;
  translate(code: string): CodeTarget | undefined;
}

export interface CodeFile {
  /** Names of the guide's maps that it implements. */
  readonly guide?: string;
  /** System of the FHIR codes. */
  readonly system?: string;
  readonly table?: string;
  /** `v2 code: FHIR code`, or `[system#]code[ display]`. */
  readonly codes?: Readonly<Record<string, string>>;
}

const THO = 'http://terminology.hl7.org/CodeSystem/';

/** Short names of code systems are those of terminology.hl7.org: `v2-0203`, `v3-ActCode`. */
export function codeSystemUri(name: string): string {
  return name.includes(':') ? name : THO + name;
}

/** The coding that a row writes as `system|code|display`. */
export function readCoding(text: string): CodeTarget {
  const [system = '', code = '', display] = text.split('|');
  return { system: codeSystemUri(system), code, ...(display === undefined ? {} : { display }) };
}

export function compileCodes(name: string, file: CodeFile): CodeMap {
  const targets = new Map<string, CodeTarget>();
  for (const [code, written] of Object.entries(file.codes ?? {})) {
    if (written === '') continue; // a site that has yet to say, or takes away what others mean by the code
    const hash = written.indexOf('#');
    const system = hash > 0 ? written.slice(0, hash) : file.system;
    if (system === undefined) throw new MappingError(`codes/${name}: ${code} has no system`);
    const [target, ...words] = written.slice(hash + 1).split(' ');
    const display = words.join(' ');
    targets.set(code, {
      system: codeSystemUri(system),
      code: target!,
      ...(display === '' ? {} : { display }),
    });
  }
  const table = file.table === undefined ? undefined : codeSystemUri(file.table);
  return {
    ...(table === undefined ? {} : { table }),
    ...(file.codes ? { name } : {}),
    // A file without codes says that they stay what they are, under another system's name.
    translate: (code) =>
      targets.get(code) ?? (file.codes || table === undefined ? undefined : { system: table, code }),
  };
}

/**
 * Of a code that HL7 doesn't list in its table (which may mean to leave that to sites, or not) nobody else can know what it means: it is
 * one of its sender's own for that table, `urn:id:HARBOUR:HL70069`.
 */
export function tablesOf(
  tables: Readonly<Record<string, string>>,
): (system: string, code: string, sender: string) => string {
  const listed = new Map(
    Object.entries(tables).map(([name, codes]) => [codeSystemUri(name), new Set(codes.split(' '))]),
  );
  return (system, code, sender) => {
    if (listed.get(system)?.has(code) !== false) return system;
    return systemWithin(sender, system.replace(`${THO}v2-`, 'HL7'));
  };
}

/** `v2-0007`, without a file of its own: the codes stay what they are, their system is that table. */
export function tableOnly(table: string): CodeMap {
  return { table: codeSystemUri(table), translate: () => undefined };
}

/** The URI of a coding system by its name in CWE.3, of those that are known by name and those whose names say what they are. */
export function codingSystemOf(known: ReadonlyMap<string, string>): (name: string, sender: string) => string {
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
