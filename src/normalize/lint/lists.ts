// SPDX-License-Identifier: Apache-2.0
import { type CodeFile, compileCodes } from '../codes.ts';
import { MappingError } from '../errors.ts';
import { compileRules, type RulesFile } from '../identity/rules.ts';
import { readReference } from '../language/reference.ts';
import { hasElement, isResourceType, typeAt } from './elements.ts';
import { type FieldCounts, wrongFields } from './fields.ts';
import { didYouMean } from './near.ts';
import type { Keys, Source } from './source.ts';
import { wordsIn } from './uses.ts';

/** Runs what throws a MappingError where something is wrong, and reports it. */
export function attempt(source: Source, keys: Keys, step: () => unknown): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    source.report(keys, error.message);
  }
}

/** What is wrong with the codes of a map, one by one. */
export function lintCodes(source: Source, keys: Keys, name: string, file: CodeFile): void {
  for (const [code, target] of Object.entries(file.codes ?? {}))
    attempt(source, [...keys, code], () => compileCodes(name, { ...file, codes: { [code]: target } }));
}

export function lintIgnored(
  source: Source,
  rules: Readonly<Record<string, string>>,
  counts: FieldCounts,
): void {
  for (const [rule, fields] of Object.entries(rules)) {
    for (const field of wordsIn(fields)) attempt(source, [rule], () => readReference(field));
    for (const wrong of wrongFields(fields, counts, undefined)) source.report([rule], wrong);
  }
}

export function lintChoices(
  source: Source,
  keys: Keys,
  choices: Readonly<Record<string, string>> | undefined,
  known?: readonly string[],
): void {
  for (const [name, said] of Object.entries(choices ?? {})) {
    if (said !== 'yes' && said !== 'no') source.report([...keys, name], `a choice is yes or no, not ${said}`);
    if (known && !known.includes(name))
      source.report([...keys, name], `there is no choice ${name}${didYouMean(name, known)}`);
  }
}

export function lintUris(
  source: Source,
  keys: Keys,
  uris: Readonly<Record<string, string>> | undefined,
): void {
  for (const [name, uri] of Object.entries(uris ?? {}))
    if (!/^(https?|urn):\S+$/.test(uri))
      source.report([...keys, name], `${uri} is no URI: expected https:… or urn:…`);
}

/** What is wrong with the rules of a type in resources.yaml, but for its default rows. */
export function lintRules(source: Source, type: string, file: RulesFile, counts: FieldCounts): void {
  if (!isResourceType(type)) {
    source.report([type], `R4 has no resource ${type}`);
    return;
  }
  const { keys = [], 'one-of': oneOf = [], whole, required, ...rest } = file;
  for (const [index, key] of [keys].flat().entries())
    attempt(source, [type, 'keys', index], () => compileRules(type, { keys: [key] }));
  attempt(source, [type, 'required'], () => compileRules(type, { required: required ?? '' }));
  for (const wrong of wrongFields([keys, required ?? ''].flat().join(' '), counts, undefined))
    source.report([type], wrong);
  const elements = [
    ...[oneOf]
      .flat()
      .flatMap((text, index) => wordsIn(text).map((name) => [['one-of', index], name] as const)),
    ...wordsIn(rest.adds).map((name) => [['adds'], name] as const),
    ...wordsIn(rest.twins).map((name) => [['twins'], name] as const),
  ];
  for (const [at, name] of elements)
    if (!hasElement(type, name)) source.report([type, ...at], `R4 has no ${name} in ${type}`);
  for (const path of wordsIn(whole)) {
    const [name, child] = path.split('.').map((each) => ({ name: each, kind: 'new', label: '' }) as const);
    const found = typeAt(type, [name!]);
    if ('wrong' in found) source.report([type, 'whole'], found.wrong);
    else if (child && !hasElement(found.type, child.name))
      source.report([type, 'whole'], `R4 has no ${child.name} in ${found.type}`);
  }
}
