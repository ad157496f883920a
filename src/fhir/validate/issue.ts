// SPDX-License-Identifier: Apache-2.0
import type { ErrorObject } from 'ajv';
import type { Issue, IssueCode } from '../outcome.ts';
import type { Finding } from './element.ts';
import { OR_NULL } from './schema.ts';

const ELEMENT_NAME = /^_?[A-Za-z]\w{0,63}$/;

/** An error of the schema in words that a sender understands: what, where, never the value. */
export function issueOf(type: string, error: ErrorObject): Issue {
  const [code, says, member] = explain(error);
  return issue(code, expressionOf(type, error.instancePath) + (member ?? ''), says);
}

export function issue(code: IssueCode, expression: string, says: string): Issue {
  return { severity: 'error', code, diagnostics: `${expression} ${says}`, expression };
}

/** A JSON pointer as FHIRPath: `/name/0/given/1` → `Patient.name[0].given[1]`; what is wrong with `_given` is wrong with `given`. */
export function expressionOf(type: string, pointer: string): string {
  let expression = type;
  for (const step of pointer.split('/').slice(1)) {
    if (/^\d+$/.test(step)) expression += `[${step}]`;
    else expression += `.${ELEMENT_NAME.test(step) ? step.replace(/^_/, '') : '?'}`;
  }
  return expression;
}

function explain(error: ErrorObject): [code: IssueCode, says: string, member?: string] {
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'fhirElement': {
      const { code, says, element, index } = params as unknown as Finding;
      const at = index === undefined ? '' : `[${index}]`;
      return [code, says, element === undefined ? '' : `.${element.replace(/^_/, '')}${at}`];
    }
    case 'fhirResource':
      return ['structure', 'is no resource type of FHIR R4'];
    case 'required':
      return ['required', 'is required', `.${params['missingProperty']}`];
    case 'additionalProperties': {
      const name = String(params['additionalProperty']);
      return ['structure', 'is no element of FHIR R4 here', `.${ELEMENT_NAME.test(name) ? name : '?'}`];
    }
    case 'enum':
      return ['code-invalid', `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`];
    case 'type':
      return ['structure', `must be ${typeWords(params['type'])}`];
    case 'minimum':
    case 'maximum':
      return ['value', `must be ${params['comparison']} ${params['limit']}`];
    case 'format':
      return ['value', `is no valid ${params['format']}`];
    case 'pattern':
      return ['value', `is no valid ${primitiveOf(params['schemaPath'] ?? error.schemaPath)}`];
    default:
      return ['structure', 'does not fit FHIR R4'];
  }
}

function typeWords(type: unknown): string {
  const [first] = Array.isArray(type) ? type : String(type).split(',');
  const words: Record<string, string> = { array: 'an array', object: 'an object', integer: 'a whole number' };
  return words[first] ?? `a ${first}`;
}

function primitiveOf(schemaPath: unknown): string {
  const name = /definitions\/([\w-]+)\/pattern$/.exec(String(schemaPath))?.[1];
  return name ? name.replace(OR_NULL, '') : 'text for this element';
}
