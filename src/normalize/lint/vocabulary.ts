// SPDX-License-Identifier: Apache-2.0
import { type CodeMap, tableOnly } from '../codes.ts';
import { MappingError } from '../errors.ts';
import type { MappingFiles, SiteFile } from '../files.ts';
import type { Vocabulary } from '../language/row.ts';
import { isCodeMap } from '../site/codes.ts';
import type { Fill } from '../types/converter.ts';
import { BUILT_IN } from '../types/registry.ts';
import { didYouMean } from './near.ts';

const NOTHING: Fill = { kind: 'fill', fill() {} };

/** The names that rows may use, of which each is looked at by itself: what a type's own rows have wrong is said where they stand. */
export function lintVocabulary(files: MappingFiles, site: Partial<SiteFile> = {}): Vocabulary {
  return {
    choices(name) {
      if (files.choices[name] !== undefined) return false;
      throw new MappingError(`there is no choice ${name}${didYouMean(name, Object.keys(files.choices))}`);
    },
    codes(name): CodeMap {
      if (isCodeMap(name, files)) return tableOnly(name);
      throw new MappingError(`there is no code map ${name}${didYouMean(name, Object.keys(files.codes))}`);
    },
    type(name) {
      if (files.datatypes[name] || site.rows?.[name]) return () => NOTHING;
      const builtIn = BUILT_IN.get(name);
      if (builtIn) return builtIn;
      const known = [...Object.keys(files.datatypes), ...BUILT_IN.keys()];
      throw new MappingError(`there is no type ${name}${didYouMean(name, known)}`);
    },
  };
}
