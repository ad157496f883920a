// SPDX-License-Identifier: Apache-2.0
import { fhirSchema, OR_NULL, type Schema } from '../../fhir/validate/schema.ts';
import type { Step } from '../language/path.ts';
import { didYouMean } from './near.ts';

/** What R4 says is at a path. */
export interface ElementType {
  /** `HumanName`, `Patient_Contact`, `date`; a resource of any type is `ResourceList`. */
  readonly type: string;
}

/** What is wrong with a path, and how it might be meant. */
export interface WrongPath {
  readonly wrong: string;
}

export const isResourceType = (type: string): boolean => fhirSchema().resourceTypes.has(type);
export const isPrimitive = (type: string): boolean => /^[a-z]/.test(type);

/** Walks from a resource or an element of that type down a path. */
export function typeAt(
  start: string,
  steps: readonly Pick<Step, 'name' | 'kind' | 'label'>[],
): ElementType | WrongPath {
  let type = start;
  for (const step of steps) {
    if (type === 'ResourceList') return { type };
    const member = membersOf(type)?.[step.name];
    if (!member) return { wrong: `R4 has no ${step.name} in ${printed(type)}${hintOf(type, step.name)}` };
    const list = member.type === 'array';
    if (
      step.kind === 'extension'
        ? !/^(?:modifierE|e)xtension$/.test(step.name)
        : list !== (step.kind !== 'element')
    )
      return { wrong: formOf(step.name, list) };
    type = typeOf(list ? member.items! : member);
  }
  return { type };
}

/** Whether a type has an element of that name; `value*` stands for all forms of a choice. */
export function hasElement(type: string, name: string): boolean {
  const members = Object.keys(membersOf(type) ?? {});
  const stem = name.endsWith('*') ? name.slice(0, -1) : undefined;
  return members.some((member) => (stem === undefined ? member === name : member.startsWith(stem)));
}

/** `Patient.contact` */
export const printed = (type: string): string => type.replaceAll('_', '.');

function membersOf(type: string): Readonly<Record<string, Schema>> | undefined {
  return fhirSchema().definitions[type]?.properties;
}

function typeOf(schema: Schema): string {
  if (schema.fhirResource) return 'ResourceList';
  const name = schema.$ref?.slice('#/definitions/'.length) ?? 'code';
  return name.endsWith(OR_NULL) ? name.slice(0, -OR_NULL.length) : name;
}

function hintOf(type: string, name: string): string {
  const forms = fhirSchema().choices.get(type)?.get(name);
  if (forms) return `, but ${forms.slice(0, 4).join(', ')}${forms.length > 4 ? ', …' : ''}`;
  return didYouMean(name, Object.keys(membersOf(type) ?? {}));
}

function formOf(name: string, list: boolean): string {
  return list
    ? `${name} is a list: write ${name}[] for a new member, ${name}[.] for the first, ${name}[word] for one of several rows`
    : `${name} is not a list`;
}
