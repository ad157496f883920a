// SPDX-License-Identifier: Apache-2.0
import { type LiteralReference, readReference } from '../references.ts';
import type { Resource } from '../resource.ts';
import { patientsOf } from './compartment.ts';
import { BEGINNING, END, type Range, rangeOf } from './dates.ts';
import { valuesAt } from './elements.ts';
import { COMMON, parametersOf, type SearchParameter } from './parameters.ts';
import type { IndexToken, SearchIndex } from './query.ts';
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

type Members = Readonly<Record<string, unknown>>;
type Add = (token: IndexToken) => void;

/** What the resource can be found by. Pure; takes any resource, valid or not, and leaves out what it can't read. */
export function indexResource(resource: Resource): SearchIndex {
  const tokens = new Set<IndexToken>();
  const add: Add = (token) => tokens.add(token);
  let period: Range | undefined;
  for (const parameters of [COMMON, parametersOf(resource.resourceType)]) {
    for (const parameter of parameters) {
      if (parameter.sameAs !== undefined) continue;
      for (const path of parameter.elements) {
        for (const value of valuesAt(resource, path)) {
          if (parameter.clinical) period = hull(period, periodOf(value));
          else addTokens(parameter, value, add);
        }
      }
    }
  }
  return { tokens: [...tokens], ...(period ? { period } : {}), patients: patientsOf(resource) };
}

function addTokens(parameter: SearchParameter, value: unknown, add: Add): void {
  switch (parameter.kind) {
    case 'token':
      addTokenValue(parameter.name, value, add);
      break;
    case 'reference':
      addReference(parameter, value, add);
      break;
    case 'uri':
      if (typeof value === 'string') add(ofAnySystem(parameter.name, value));
      break;
    case 'string':
      if (typeof value === 'string') addText(parameter.name, value, add);
      break;
    case 'date':
      if (typeof value === 'string') addDateParts(parameter.name, value, add);
      break;
    default:
      parameter.kind satisfies never;
  }
}

// FHIR R4 §3.1.1.4.10: CodeableConcept by its codings, Identifier and ContactPoint by value, a code or boolean by itself.
function addTokenValue(name: string, value: unknown, add: Add): void {
  if (typeof value === 'string' || typeof value === 'boolean') {
    add(ofAnySystem(name, String(value)));
  } else if (typeof value === 'object' && value !== null) {
    const members = value as Members;
    const { coding, system } = members;
    if (Array.isArray(coding)) for (const one of coding) addTokenValue(name, one, add);
    else
      addCode(name, system, typeof members['value'] === 'string' ? members['value'] : members['code'], add);
  }
}

function addCode(name: string, system: unknown, code: unknown, add: Add): void {
  if (typeof code !== 'string') return;
  add(ofAnySystem(name, code));
  if (typeof system === 'string' && system !== '') {
    add(ofSystem(name, system, code));
    add(anyOfSystem(name, system));
  } else {
    add(ofNoSystem(name, code));
  }
}

function addReference(parameter: SearchParameter, value: unknown, add: Add): void {
  if (typeof value !== 'object' || value === null) return;
  const { reference: link, identifier } = value as Members;
  if (identifier !== undefined) addTokenValue(`${parameter.name}:identifier`, identifier, add);
  if (typeof link !== 'string' || link.startsWith('#')) return;
  const target = readReference(link);
  if (target && parameter.targets && !parameter.targets.includes(target.type)) return;
  add(reference(parameter.name, target ? nameOf(target) : link));
}

function nameOf(target: LiteralReference): string {
  const name = `${target.type}/${target.id}`;
  return target.base ? `${target.base}/${name}` : name;
}

function addText(name: string, text: string, add: Add): void {
  const folded = fold(text);
  if (folded === '') return;
  const letters = [...folded];
  for (let length = 1; length <= Math.min(letters.length, MAX_BEGINNING_CHARS); length++) {
    add(beginning(name, letters.slice(0, length).join('')));
  }
  if (letters.length > MAX_BEGINNING_CHARS) add(wholeText(name, folded));
  add(exactText(name, text));
}

// The date's own day, month and year, without a move to another zone: a birthday is what is written on the paper.
function addDateParts(name: string, date: string, add: Add): void {
  if (!rangeOf(date)) return;
  for (const length of [4, 7, 10]) {
    if (date.length >= length) add(partOfDate(name, date.slice(0, length)));
  }
}

function periodOf(value: unknown): Range | undefined {
  if (typeof value === 'string') return rangeOf(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const members = value as Members;
  const { start, end } = members;
  if (start !== undefined || end !== undefined) {
    const from = typeof start === 'string' ? rangeOf(start) : undefined;
    const to = typeof end === 'string' ? rangeOf(end) : undefined;
    if (!from && !to) return undefined;
    return { start: from?.start ?? BEGINNING, end: to?.end ?? END };
  }
  let events: Range | undefined;
  for (const event of valuesAt(members, 'event')) events = hull(events, periodOf(event));
  return events ?? periodOf((members['repeat'] as Members | undefined)?.['boundsPeriod']);
}

function hull(one: Range | undefined, other: Range | undefined): Range | undefined {
  if (!one || !other) return one ?? other;
  return {
    start: one.start < other.start ? one.start : other.start,
    end: one.end > other.end ? one.end : other.end,
  };
}
