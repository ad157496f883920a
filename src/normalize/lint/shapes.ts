// SPDX-License-Identifier: Apache-2.0
import type { CodeFile } from '../codes.ts';
import type { DatatypeFile, MessageFile, RowsFile, SiteFile } from '../files.ts';
import type { RulesFile } from '../identity/rules.ts';
import { didYouMean } from './near.ts';
import type { Keys, Source } from './source.ts';

/** A text; a text or a list of them; texts by name; the same of either kind; texts by two names. */
type Shape = 'text' | 'texts' | 'named' | 'named texts' | 'named twice';
type Shapes<T> = Readonly<Record<keyof T, Shape>>;

const MESSAGE: Shapes<MessageFile> = {
  messages: 'text',
  grammar: 'text',
  needs: 'text',
  uses: 'text',
  resources: 'named',
  maps: 'named texts',
};
const ROWS: Shapes<RowsFile> = { rows: 'named' };
const DATATYPE: Shapes<DatatypeFile> = { rows: 'named', resource: 'text', once: 'text' };
const CODES: Shapes<CodeFile> = { guide: 'text', system: 'text', table: 'text', codes: 'named' };
const RULES: Shapes<RulesFile> = {
  keys: 'texts',
  same: 'text',
  defaults: 'texts',
  once: 'text',
  required: 'text',
  prefer: 'text',
  weak: 'text',
  adds: 'text',
  'one-of': 'texts',
  twins: 'text',
  whole: 'text',
};
const SITE: Shapes<SiteFile> = {
  facility: 'texts',
  application: 'texts',
  zone: 'text',
  charset: 'text',
  authority: 'text',
  authorities: 'named',
  'coding-systems': 'named',
  choices: 'named',
  moves: 'named',
  events: 'named',
  ignore: 'text',
  codes: 'named twice',
  rows: 'named twice',
  resources: 'named',
  maps: 'named texts',
};

const FOLDERS: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  messages: MESSAGE,
  segments: ROWS,
  datatypes: DATATYPE,
  codes: CODES,
  site: SITE,
};
const LISTS = ['coding-systems.yaml', 'tables.yaml', 'authorities.yaml', 'choices.yaml', 'ignored.yaml'];

/** Whether a file has the keys of its kind and under each what belongs there; what is wrong is reported, and the file not looked at further. */
export function hasItsShape(source: Source): boolean {
  if (source.problems.length > 0) return false;
  const [folder] = source.file.split('/');
  const shapes = FOLDERS[folder!];
  if (shapes) keysFit(source, [], source.value, shapes);
  else if (LISTS.includes(source.file)) fits(source, [], source.value, 'named');
  else if (source.file === 'resources.yaml') {
    if (isNamed(source.value))
      for (const [type, rules] of Object.entries(source.value)) keysFit(source, [type], rules, RULES);
    else source.report([], 'expected types of resources, each with its rules');
  } else source.report([], 'nobody reads this file');
  return source.problems.length === 0;
}

function keysFit(source: Source, keys: Keys, value: unknown, shapes: Readonly<Record<string, Shape>>): void {
  if (value === '') return; // nothing is said yet
  if (!isNamed(value)) source.report(keys, `expected ${Object.keys(shapes).join(', ')}`);
  else
    for (const [key, member] of Object.entries(value)) {
      const shape = shapes[key];
      if (shape) fits(source, [...keys, key], member, shape);
      else source.report([...keys, key], `nobody reads ${key}${didYouMean(key, Object.keys(shapes))}`);
    }
}

function fits(source: Source, keys: Keys, value: unknown, shape: Shape): void {
  if (value === '' && shape !== 'text') return;
  const wrong = WRONG[shape](value);
  if (wrong !== undefined) source.report(keys, wrong);
  const inner = INNER[shape];
  if (inner && isNamed(value))
    for (const [key, member] of Object.entries(value)) fits(source, [...keys, key], member, inner);
}

const INNER: Readonly<Partial<Record<Shape, Shape>>> = {
  named: 'text',
  'named texts': 'texts',
  'named twice': 'named',
};

const notNamed = (value: unknown): string | undefined =>
  isNamed(value) ? undefined : 'expected names, each with a colon and what it stands for';
const notTexts = (value: unknown): string | undefined =>
  [value].flat().every((text) => typeof text === 'string') ? undefined : 'expected a text or a list of them';

const WRONG: Readonly<Record<Shape, (value: unknown) => string | undefined>> = {
  text: (value) => (typeof value === 'string' ? undefined : 'expected a text'),
  texts: notTexts,
  named: notNamed,
  'named texts': notNamed,
  'named twice': notNamed,
};

function isNamed(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
