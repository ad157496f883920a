// SPDX-License-Identifier: Apache-2.0
import { readBytes } from '../../ingest/hl7/charset.ts';
import { type Conversion, type Normalizer, normalizer } from '../convert.ts';
import type { MappingFiles } from '../files.ts';
import { compileProgram } from '../program.ts';

/** Its ids protect nobody: they only have to be the same each time. */
const ID_SECRET = Buffer.from('guide');

/** Converts the text of a message as a site would that made these choices. May throw. */
export type ConvertAs = (message: string, choices: Readonly<Record<string, string>>) => Conversion;

/** What the guide leaves to sites is tried both ways: the mappings, without site files, are compiled once for each set of choices. */
export function convertAs(files: MappingFiles): ConvertAs {
  const made = new Map<string, Normalizer>();
  const compiled = (choices: Readonly<Record<string, string>>): Normalizer => {
    const chosen = { ...files, sites: {}, choices: { ...files.choices, ...choices } };
    return normalizer(compileProgram(chosen, { zone: 'Z' }), ID_SECRET);
  };
  return (message, choices) => {
    const key = JSON.stringify(choices);
    const known = made.get(key) ?? compiled(choices);
    made.set(key, known);
    return known.convert(readBytes(Buffer.from(message)).message);
  };
}
