// SPDX-License-Identifier: Apache-2.0
import { FhirError, type IssueCode } from '../fhir/outcome.ts';

export type Json = Readonly<Record<string, unknown>>;

/** What can't be enforced is refused by name; no value of the resource is in the text. */
export function refuse(expression: string, text: string, code: IssueCode = 'not-supported'): FhirError {
  return FhirError.of(422, code, `${expression}: ${text}`, expression);
}

export function objectAt(value: unknown, path: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(path, 'expected an object', 'structure');
  return value as Json;
}

export function listAt(value: unknown, path: string): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length === 0) throw refuse(path, 'expected a list', 'structure');
  return value;
}

export function textAt(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '') throw refuse(path, 'expected a text', 'structure');
  return value;
}

/** Refuses every element that isn't in the list: nothing is ignored silently. */
export function onlyKnown(value: Json, path: string, known: readonly string[]): void {
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) throw refuse(`${path}.${name}`, 'this element can not be enforced here');
  }
}

export function codingAt(value: unknown, path: string): { system?: string; code: string } {
  const { system, code } = objectAt(value, path);
  return {
    ...(system === undefined ? {} : { system: textAt(system, `${path}.system`) }),
    code: textAt(code, `${path}.code`),
  };
}

/** The codings of a CodeableConcept; one that is only text says nothing that a rule could match. */
export function conceptAt(value: unknown, path: string): { system?: string; code: string }[] {
  const codings = listAt(objectAt(value, path)['coding'], `${path}.coding`);
  if (codings.length === 0) throw refuse(path, 'needs a coding', 'required');
  return codings.map((coding, index) => codingAt(coding, `${path}.coding[${index}]`));
}
