// SPDX-License-Identifier: Apache-2.0
import { INVARIANTS, type Invariant, type Members } from './invariants.ts';
import { REQUIRED } from './required.ts';

/** What the rules beyond the schema find wrong with one complex element; `element` is a member of it. */
export interface Finding {
  readonly code: 'required' | 'structure' | 'invariant';
  readonly says: string;
  readonly element?: string;
  readonly index?: number;
}

export type ElementRules = (value: Members) => Finding[] | undefined;

/** Makes the check of one type of the schema, given its choice elements as lists of their alternatives. */
export function elementRules(type: string, choices: ReadonlyMap<string, readonly string[]>): ElementRules {
  const required = (REQUIRED[type] ?? '').split(' ').filter((name) => name !== '');
  const invariants: readonly Invariant[] = INVARIANTS[type] ?? [];
  return (value) => {
    const findings: Finding[] = [];
    checkPresence(value, findings);
    for (const name of required) {
      const alternatives = name.endsWith('[x]') ? (choices.get(name.slice(0, -3)) ?? []) : [name];
      if (!alternatives.some((one) => isPresent(value, one))) {
        findings.push({ code: 'required', says: 'is required', element: name });
      }
    }
    for (const [stem, alternatives] of choices) {
      let present = 0;
      for (const one of alternatives) if (isPresent(value, one)) present++;
      if (present > 1)
        findings.push({ code: 'structure', says: 'may have one type only', element: `${stem}[x]` });
    }
    for (const { id, says, element, holds } of invariants) {
      if (!holds(value)) {
        findings.push({ code: 'invariant', says: `${says} (${id})`, ...(element ? { element } : {}) });
      }
    }
    return findings.length > 0 ? findings : undefined;
  };
}

function isPresent(value: Members, name: string): boolean {
  return value[name] !== undefined || value[`_${name}`] !== undefined;
}

// FHIR R4 §2.6.2: objects and arrays are never empty; null only holds a place in an array whose twin (`_given` of `given`) has the content.
function checkPresence(value: Members, findings: Finding[]): void {
  let members = 0;
  for (const name in value) {
    members++;
    const member = value[name];
    if (!Array.isArray(member)) continue;
    if (member.length === 0) findings.push({ code: 'structure', says: 'must not be empty', element: name });
    const twin = value[name.startsWith('_') ? name.slice(1) : `_${name}`];
    const index = member.findIndex((one, at) => one === null && !hasContent(twin, at));
    if (index >= 0)
      findings.push({ code: 'structure', says: 'has null without an extension', element: name, index });
  }
  if (members === 0) findings.push({ code: 'structure', says: 'must not be empty' });
}

function hasContent(twin: unknown, at: number): boolean {
  return Array.isArray(twin) && twin[at] !== null && twin[at] !== undefined;
}
