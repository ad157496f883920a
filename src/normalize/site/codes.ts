// SPDX-License-Identifier: Apache-2.0
import { type CodeFile, type CodeMap, type CodeTarget, compileCodes, tableOnly } from '../codes.ts';
import { MappingError } from '../errors.ts';
import type { MappingFiles, SiteFile } from '../files.ts';

type Codes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Whether a name under `codes:` of a site file is a code map's; else it is a coding system's or a field's. */
export function isCodeMap(name: string, files: Pick<MappingFiles, 'codes'>): boolean {
  return files.codes[name] !== undefined || /^v[23]-/.test(name);
}

/** The code map of that name, with what the site says of its codes. Throws MappingError. */
export function codeMapOf(
  name: string,
  files: Pick<MappingFiles, 'codes'>,
  site: Partial<SiteFile>,
): CodeMap {
  const file = files.codes[name];
  const own = site.codes?.[name];
  if (file) return own ? withOwn(name, file, own) : compileCodes(name, file);
  if (!/^v[23]-/.test(name)) throw new MappingError(`there is no code map ${name}`);
  if (!own) return tableOnly(name);
  const { table, translate } = compileCodes(name, { table: name, system: name, codes: own });
  return { ...(table === undefined ? {} : { table }), translate };
}

/** A file without codes lets all be what they are: also those that a site says nothing of. */
function withOwn(name: string, file: CodeFile, own: Readonly<Record<string, string>>): CodeMap {
  if (file.codes) return compileCodes(name, { ...file, codes: { ...file.codes, ...own } });
  const [common, added] = [compileCodes(name, file), compileCodes(name, { ...file, codes: own })];
  return { ...common, translate: (code) => added.translate(code) ?? common.translate(code) };
}

/** What a code of a coding system (`99STB`) or field (`OBX-3`) is called in FHIR, at a site that says so. */
export type Translation = (system: string, field: string, code: string) => CodeTarget | undefined;

export function compileTranslation(
  files: Pick<MappingFiles, 'codes'>,
  codes: Codes | undefined,
): Translation | undefined {
  const own = Object.entries(codes ?? {}).filter(([name]) => !isCodeMap(name, files));
  if (own.length === 0) return undefined;
  const maps = new Map(own.map(([name, each]) => [name, compileCodes(name, { codes: each })]));
  return (system, field, code) => maps.get(system)?.translate(code) ?? maps.get(field)?.translate(code);
}
