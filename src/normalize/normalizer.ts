// SPDX-License-Identifier: Apache-2.0
import type { CharsetOverrides } from '../ingest/hl7/charset.ts';
import { type Normalizer, normalizer } from './convert.ts';
import { loadMappings } from './load.ts';
import { compileProgram } from './program.ts';

export type { Normalizer } from './convert.ts';
export { MappingError } from './errors.ts';

export interface NormalizerOptions {
  /** Folder of mapping files, such as the `mappings/` that comes with the program. */
  readonly folder: string | URL;
  /** Keys the ids of resources; the same secret gives the same ids. */
  readonly idSecret: Uint8Array;
  /** Zone of times that name none, `+01:00` or `Z`; where it is absent such times lose their time of day, and that is reported. */
  readonly defaultZone?: string;
  /** Whether the Provenance of a message tells where each element came from. */
  readonly storesOrigins?: boolean;
}

/** Reads and compiles mapping files. Throws MappingError, which names the file and row, when one can't be used. */
export async function openNormalizer(
  options: NormalizerOptions,
): Promise<Normalizer & { readonly charsets: CharsetOverrides }> {
  const { folder, idSecret, defaultZone, storesOrigins } = options;
  const files = await loadMappings(folder);
  const program = compileProgram(files, defaultZone === undefined ? {} : { zone: defaultZone });
  return { ...normalizer(program, idSecret, storesOrigins), charsets: program.charsets };
}
