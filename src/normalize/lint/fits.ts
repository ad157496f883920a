// SPDX-License-Identifier: Apache-2.0
import type { MappingFiles } from '../files.ts';
import { BUILT_IN } from '../types/registry.ts';
import { isPrimitive, printed } from './elements.ts';

type Parts = Readonly<Record<string, string | undefined>>;

const CONCEPTS = new Set(['CWE', 'CE', 'CNE', 'CF', 'IS', 'ID', 'concept']);
const CODINGS = new Set(['CWE/Coding', 'coding']);
const WHOLE_NUMBERS = new Set(['integer', 'positiveInt', 'unsignedInt']);
const TIMES = new Set(['date', 'dateTime', 'instant', 'time']);
/** What is read as it was written, whatever it means. */
const PLAIN = new Set(['string', 'token', 'text', 'lines', 'code', 'boolean', 'url', 'xhtml']);

/** The name of the type that a row converts to, where it says one or one is meant. */
export function typeNameOf(parts: Parts): string | undefined {
  if (parts['source']!.startsWith('"')) return parts['type'];
  return parts['type'] ?? (parts['codes'] === undefined ? 'string' : 'code');
}

/** Why what a row brings can't stand in an element of that type; undefined when it can. */
export function misfit(
  parts: Parts,
  element: string,
  files: Pick<MappingFiles, 'datatypes'>,
): string | undefined {
  const source = parts['source']!;
  if (source === 'delete' || source === 'keep' || element === 'ResourceList') return undefined;
  const is = `the element is ${/^[aeiou]/i.test(element) ? 'an' : 'a'} ${printed(element)}`;
  if (source.startsWith('@')) return element === 'Reference' ? undefined : `${is}, and no reference`;
  const name = typeNameOf(parts);
  if (name !== undefined && CONCEPTS.has(name))
    return element === 'CodeableConcept' ? undefined : `${is}, and no CodeableConcept`;
  if (name !== undefined && CODINGS.has(name))
    return element === 'Coding' ? undefined : `${is}, and no Coding`;
  const file = source.startsWith('"') ? undefined : files.datatypes[name!];
  if (file?.resource !== undefined) {
    const fitting = element === 'Reference' || element === file.resource;
    return fitting ? undefined : `${is}, and ${name} makes a reference to ${file.resource}`;
  }
  const leaf = source.startsWith('"') || (!file && isLeaf(name!));
  if (leaf === undefined) return undefined;
  if (leaf !== isPrimitive(element))
    return leaf ? `${is}, which has elements of its own` : `${is}, which ${name} can't fill`;
  return leaf ? misfitOfText(name, element, is) : undefined;
}

function misfitOfText(name: string | undefined, element: string, is: string): string | undefined {
  const wanted = element === 'boolean' || element === 'decimal' ? element : undefined;
  if (wanted !== undefined) return name === wanted ? undefined : `${is}: write as ${wanted}`;
  if (WHOLE_NUMBERS.has(element))
    return name !== undefined && WHOLE_NUMBERS.has(name)
      ? undefined
      : `${is}: write as positiveInt or unsignedInt`;
  if (TIMES.has(element) && name !== undefined && PLAIN.has(name)) return `${is}: write as ${element}`;
  return undefined;
}

/** Undefined for what isn't built in. */
function isLeaf(name: string): boolean | undefined {
  const type = BUILT_IN.get(name);
  return type && type({ strict: false }).kind === 'leaf';
}
