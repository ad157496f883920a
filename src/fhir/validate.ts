// SPDX-License-Identifier: Apache-2.0
import type { Issue } from './outcome.ts';
import { referencesOf } from './references.ts';
import type { Resource } from './resource.ts';
import { bundleIssues } from './validate/bundle.ts';
import { ValidatorSet } from './validate/compile.ts';
import { issue, issueOf } from './validate/issue.ts';
import { fhirSchema } from './validate/schema.ts';

/** More findings than this help nobody. */
export const MAX_ISSUES = 50;
/** Every finding of a resource costs memory, so all are looked for only in one of at most this many values; else the first. */
const MAX_EXPLAINED_VALUES = 20_000;
const MAX_DEPTH = 100;

let deciding: ValidatorSet | undefined;
let explaining: ValidatorSet | undefined;

/**
 * What is wrong with a resource by base FHIR R4: the schema, and beyond it required primitives, real dates, one type a choice, nothing
 * empty, invariants and Bundle rules. Empty: valid. Takes any value and never throws; no text of an issue repeats a value.
 */
export function validateResource(resource: unknown): Issue[] {
  if (typeof resource !== 'object' || resource === null || Array.isArray(resource)) {
    return [{ severity: 'error', code: 'structure', diagnostics: 'a resource must be a JSON object' }];
  }
  const type = (resource as { resourceType?: unknown }).resourceType;
  if (typeof type !== 'string' || !fhirSchema().resourceTypes.has(type)) {
    const says = type === undefined ? 'is required' : 'is no resource type of FHIR R4';
    return [issue(type === undefined ? 'required' : 'structure', 'resourceType', says)];
  }
  const values = countValues(resource, 0);
  if (values === TOO_DEEP) {
    return [issue('too-long', type, `is nested deeper than ${MAX_DEPTH} levels`)];
  }
  deciding ??= new ValidatorSet(false);
  let errors = deciding.of(type)(resource);
  if (errors.length > 0 && values <= MAX_EXPLAINED_VALUES) {
    explaining ??= new ValidatorSet(true);
    errors = explaining.of(type)(resource);
  }
  const issues =
    errors.length > 0 ? errors.map((error) => issueOf(type, error)) : ruleIssues(resource as Resource);
  return issues.slice(0, MAX_ISSUES);
}

/** Compiles the validators of these types now rather than with the first resource of each. */
export function warmUp(types: readonly string[]): void {
  deciding ??= new ValidatorSet(false);
  for (const type of types) if (fhirSchema().resourceTypes.has(type)) deciding.of(type);
}

// Rules across elements, on what fits the schema.
function ruleIssues(resource: Resource, path: string = resource.resourceType): Issue[] {
  const issues =
    resource.resourceType === 'Bundle' ? bundleIssues(resource, path) : containedIssues(resource, path);
  if (resource.resourceType === 'Bundle') {
    const entries = (resource['entry'] ?? []) as readonly { resource?: Resource }[];
    entries.forEach((entry, index) => {
      if (entry.resource) issues.push(...ruleIssues(entry.resource, `${path}.entry[${index}].resource`));
    });
  }
  return issues;
}

// FHIR R4 §2.3.0.2: contained resources don't nest and are reached by `#id`, which must lead to one of them (dom-2, ref-1).
function containedIssues(resource: Resource, path: string): Issue[] {
  const contained = (resource['contained'] ?? []) as readonly Resource[];
  const issues: Issue[] = [];
  contained.forEach((inner, index) => {
    if (inner['contained'] !== undefined) {
      issues.push(issue('invariant', `${path}.contained[${index}]`, 'must not contain resources (dom-2)'));
    }
  });
  const ids = new Set(contained.map(({ id }) => `#${id}`));
  if (referencesOf(resource).some((link) => link.startsWith('#') && link !== '#' && !ids.has(link))) {
    issues.push(issue('invariant', path, 'refers to a contained resource that is not there (ref-1)'));
  }
  return issues;
}

const TOO_DEEP = Number.POSITIVE_INFINITY;

function countValues(value: unknown, depth: number): number {
  if (depth > MAX_DEPTH) return TOO_DEEP;
  if (typeof value !== 'object' || value === null) return 1;
  let count = 1;
  for (const member of Array.isArray(value) ? value : Object.values(value))
    count += countValues(member, depth + 1);
  return count;
}
