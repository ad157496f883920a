// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../outcome.ts';
import { readReference } from '../references.ts';
import { rangeOf } from './dates.ts';
import type { SearchParameter } from './parameters.ts';
import type { Clause, Comparison, IndexToken } from './query.ts';
import {
  anyOfSystem,
  beginning,
  exactText,
  fold,
  MAX_BEGINNING_CHARS,
  ofAnySystem,
  ofNoSystem,
  ofSystem,
  partOfDate,
  reference,
  wholeText,
} from './tokens.ts';

/** How many values one parameter may offer, separated by commas. */
export const MAX_ALTERNATIVES = 100;

const COMPARISONS: readonly string[] = [
  'eq',
  'ne',
  'gt',
  'lt',
  'ge',
  'le',
  'sa',
  'eb',
] satisfies Comparison[];
const PREFIXED = /^([a-z]{2})(.*)$/;
const TYPE_NAME = /^[A-Z][A-Za-z]+$/;
const FHIR_CODE_SYSTEMS = 'http://hl7.org/fhir/';
const ID = /^[A-Za-z0-9.-]{1,64}$/;

/** What one parameter of a search asks for, in the words of the index. */
export function clauseOf(
  parameter: SearchParameter,
  modifier: string | undefined,
  value: string,
  base?: string,
): Clause {
  const { name } = parameter;
  if (parameter.kind === 'date') {
    refuseModifier(parameter, modifier);
    if (name === '_lastUpdated') return dateClause(name, 'updated', value);
    return parameter.clinical ? dateClause(name, 'period', value) : dayClause(name, value);
  }
  const values = alternatives(name, value);
  if (name === '_id') {
    refuseModifier(parameter, modifier);
    return { kind: 'id', anyOf: values.map(unescaped) };
  }
  const negated = modifier === 'not' && (parameter.kind === 'token' || parameter.kind === 'uri');
  return {
    kind: 'token',
    anyOf: values.flatMap((one) => tokensOf(parameter, negated ? undefined : modifier, one, base)),
    negated,
  };
}

function tokensOf(
  parameter: SearchParameter,
  modifier: string | undefined,
  value: string,
  base: string | undefined,
): IndexToken[] {
  const { name, kind } = parameter;
  switch (kind) {
    case 'token':
      refuseModifier(parameter, modifier);
      return [tokenOf(name, value, parameter.primitive)];
    case 'uri':
      refuseModifier(parameter, modifier);
      return [ofAnySystem(name, unescaped(value))];
    case 'string':
      return [textToken(parameter, modifier, unescaped(value))];
    case 'reference':
      return referenceTokens(parameter, modifier, value, base);
    default:
      throw new TypeError(`${name} is answered by no token: ${kind}`);
  }
}

// FHIR R4 §3.1.1.4.10: code, system|code, |code (no system), system| (any code of it).
function tokenOf(name: string, value: string, primitive = false): IndexToken {
  const bar = unescapedBar(value);
  if (bar < 0) return ofAnySystem(name, unescaped(value));
  const system = unescaped(value.slice(0, bar));
  const code = unescaped(value.slice(bar + 1));
  if (code === '' && system === '') throw wrong(name, 'expected a code, system|code, |code or system|');
  if (primitive && code !== '' && system.startsWith(FHIR_CODE_SYSTEMS)) return ofAnySystem(name, code);
  if (code === '') return anyOfSystem(name, system);
  return system === '' ? ofNoSystem(name, code) : ofSystem(name, system, code);
}

function textToken(parameter: SearchParameter, modifier: string | undefined, text: string): IndexToken {
  if (modifier === 'exact') return exactText(parameter.name, text);
  if (modifier === 'contains') {
    throw FhirError.of(
      400,
      'not-supported',
      `search parameter ${parameter.name}: :contains is not supported, for texts are encrypted and found by their beginning`,
    );
  }
  refuseModifier(parameter, modifier);
  const folded = fold(text);
  if (folded === '') throw wrong(parameter.name, 'expected letters or digits');
  return [...folded].length > MAX_BEGINNING_CHARS
    ? wholeText(parameter.name, folded)
    : beginning(parameter.name, folded);
}

// FHIR R4 §3.1.1.4.12: id, Type/id or an absolute URL; `:Type` says the type of a bare id, `:identifier` finds logical references.
function referenceTokens(
  parameter: SearchParameter,
  modifier: string | undefined,
  value: string,
  base: string | undefined,
): IndexToken[] {
  const name = parameter.sameAs ?? parameter.name;
  if (modifier === 'identifier') return [tokenOf(`${name}:identifier`, value)];
  const { targets } = parameter;
  const typed = modifier !== undefined && TYPE_NAME.test(modifier) ? modifier : undefined;
  if (typed === undefined || (targets && !targets.includes(typed))) refuseModifier(parameter, modifier);
  const text = unescaped(value);
  if (ID.test(text)) {
    const types = typed ? [typed] : targets;
    if (!types) throw wrong(parameter.name, 'expected Type/id, since it may point to any type');
    return types.map((type) => reference(name, `${type}/${text}`));
  }
  const target = readReference(text);
  if (!target) {
    if (/^[a-z][a-z0-9+.-]*:\S+$/i.test(text)) return [reference(name, text)];
    throw wrong(parameter.name, 'expected an id, Type/id or an absolute URL');
  }
  const local = target.base === undefined || target.base === base;
  const path = `${target.type}/${target.id}`;
  return [reference(name, local ? path : `${target.base}/${path}`)];
}

function dateClause(name: string, of: 'period' | 'updated', value: string): Clause {
  const [comparison, date] = readPrefix(name, value);
  const range = rangeOf(date);
  if (!range) throw wrong(name, 'expected one date such as ge2023-05 or 2023-05-06T10:00:00Z');
  return { kind: 'date', of, comparison, ...range };
}

function dayClause(name: string, value: string): Clause {
  const anyOf = alternatives(name, value).map((one) => {
    const [comparison, date] = readPrefix(name, one);
    if (comparison !== 'eq') {
      throw FhirError.of(
        400,
        'not-supported',
        `search parameter ${name}: only a day, month or year can be asked for, without ${comparison}, for this date is encrypted`,
      );
    }
    if (date.length > 10 || !rangeOf(date))
      throw wrong(name, 'expected a day, month or year such as 1980-03');
    return partOfDate(name, date);
  });
  return { kind: 'token', anyOf, negated: false };
}

function readPrefix(name: string, value: string): [Comparison, string] {
  const [, prefix, rest] = PREFIXED.exec(value) ?? [];
  if (prefix === undefined || rest === undefined) return ['eq', value];
  if (COMPARISONS.includes(prefix)) return [prefix as Comparison, rest];
  if (prefix === 'ap') {
    throw FhirError.of(400, 'not-supported', `search parameter ${name}: ap is not supported`);
  }
  throw wrong(name, `expected one of the prefixes ${COMPARISONS.join(', ')}`);
}

/** FHIR R4 §3.1.1.5.4: a comma means or, unless escaped. */
function alternatives(name: string, value: string): string[] {
  const parts = value.match(/(?:\\.|[^,\\])+|\\$/gs) ?? [];
  if (parts.length === 0) throw wrong(name, 'expected a value');
  if (parts.length > MAX_ALTERNATIVES) {
    throw FhirError.of(
      400,
      'too-long',
      `search parameter ${name}: more than ${MAX_ALTERNATIVES} alternatives`,
    );
  }
  return parts;
}

function unescapedBar(value: string): number {
  for (let at = 0; at < value.length; at++) {
    if (value[at] === '\\') at++;
    else if (value[at] === '|') return at;
  }
  return -1;
}

function unescaped(value: string): string {
  return value.replace(/\\([\\,$|])/g, '$1');
}

function refuseModifier(parameter: SearchParameter, modifier: string | undefined): void {
  // FHIR R4 §3.1.1.3.5: a modifier that a server doesn't know must be refused, since it changes the meaning.
  if (modifier !== undefined) {
    throw FhirError.of(
      400,
      'not-supported',
      `search parameter ${parameter.name}: this modifier is not supported`,
    );
  }
}

function wrong(name: string, expected: string): FhirError {
  return FhirError.of(400, 'value', `search parameter ${name}: ${expected}`);
}
