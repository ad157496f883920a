// SPDX-License-Identifier: Apache-2.0
import { MappingError } from '../errors.ts';
import type { MappingFiles } from '../files.ts';
import { readPath, type Step } from '../language/path.ts';
import { compileRow, type Vocabulary } from '../language/row.ts';
import { splitRow } from '../language/syntax.ts';
import { deadRows } from './dead.ts';
import { hasElement, printed, typeAt } from './elements.ts';
import { type FieldCounts, wrongFields } from './fields.ts';
import { misfit, typeNameOf } from './fits.ts';
import { didYouMean } from './near.ts';
import type { Keys, Source } from './source.ts';
import type { MapUse } from './uses.ts';

export interface Linting {
  readonly files: MappingFiles;
  readonly counts: FieldCounts;
  /** Told which types of elements a data type is used for. */
  readonly filled: (datatype: string, element: string) => void;
}

/** Where rows stand, and what is known of it. */
export interface RowsAt {
  readonly source: Source;
  /** Of the rows in their file. */
  readonly keys: Keys;
  readonly vocabulary: Vocabulary;
  /** What they fill; empty: not known. */
  readonly types: Iterable<string>;
  /** Absent: nothing is known of the messages that they are used in. */
  readonly use?: Pick<MapUse, 'names' | 'segments'>;
}

/** Looks at all rows of a map, each by itself and all together. */
export function lintRows(rows: Readonly<Record<string, string>>, at: RowsAt, linting: Linting): void {
  for (const [id, text] of Object.entries(rows)) {
    if (text === '') continue; // a site takes it away
    const report = (message: string) => at.source.report([...at.keys, id], message);
    for (const problem of problemsOf(text, at, linting)) report(problem);
  }
  for (const [id, before] of deadRows(rows))
    at.source.report([...at.keys, id], `it never acts: the row ${before} before it takes all`);
}

function* problemsOf(text: string, at: RowsAt, linting: Linting): Generator<string> {
  try {
    compileRow(text, '', at.vocabulary);
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    return yield error.message;
  }
  yield* wrongFields(text, linting.counts, at.use?.segments);
  yield* wrongNames(text, at);
  const parts = splitRow(text)!;
  if (parts['path'] === 'ignore') return;
  for (const type of at.types) yield* wrongElement(parts, type, at, linting);
}

/** `@name` of a resource that no message has where the rows are used. */
function* wrongNames(text: string, { use }: RowsAt): Generator<string> {
  if (!use) return;
  for (const [, name] of text.replace(/"[^"]*"/g, ' ').matchAll(/@([\w-]+)/g)) {
    if (name === 'self' || use.names.has(name!)) continue;
    yield `no message that uses this map has a resource ${name}${didYouMean(name!, use.names.keys())}`;
  }
}

function* wrongElement(
  parts: Readonly<Record<string, string | undefined>>,
  type: string,
  at: RowsAt,
  linting: Linting,
): Generator<string> {
  const path = readPath(parts['path'] === '$this' ? 'this' : parts['path']!);
  const starts = path.instance === undefined ? [type] : [...(at.use?.names.get(path.instance) ?? [])];
  for (const start of starts) {
    for (const name of [parts['present'], parts['absent']]) {
      if (name !== undefined && !hasPath(start, name)) yield `R4 has no ${name} in ${printed(start)}`;
    }
    if (parts['source'] === 'delete' || parts['source'] === 'keep') {
      const { name } = path.steps[0]!;
      if (!hasElement(start, name)) yield `R4 has no ${name} in ${printed(start)}`;
      continue;
    }
    const found = parts['path'] === '$this' ? { type: start } : typeAt(start, path.steps);
    if ('wrong' in found) {
      yield found.wrong;
      continue;
    }
    const wrong = misfit(parts, found.type, linting.files);
    if (wrong !== undefined) yield wrong;
    else if (!/^["@]/.test(parts['source']!)) fill(typeNameOf(parts), found.type, linting);
  }
}

/** `response.identifier`, `container.1.identifier`: what a row asks for before it writes. */
function hasPath(type: string, path: string): boolean {
  const isNumber = (part: string | undefined) => part !== undefined && /^\d+$/.test(part);
  const parts = path.split('.');
  const steps = parts.flatMap((name, index): Pick<Step, 'name' | 'kind' | 'label'>[] => {
    if (isNumber(name)) return [];
    return [{ name, kind: isNumber(parts[index + 1]) ? 'first' : 'element', label: '' }];
  });
  const last = steps.pop()!;
  const around = typeAt(type, steps);
  return !('wrong' in around) && hasElement(around.type, last.name);
}

function fill(datatype: string | undefined, element: string, { filled }: Linting): void {
  if (datatype !== undefined && element !== 'ResourceList') filled(datatype, element);
}
