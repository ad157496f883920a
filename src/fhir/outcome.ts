// SPDX-License-Identifier: Apache-2.0
import type { Resource } from './resource.ts';

/** The issue types of FHIR's `issue-type` code system that we use. */
export type IssueCode =
  | 'invalid'
  | 'structure'
  | 'required'
  | 'value'
  | 'invariant'
  | 'security'
  | 'login'
  | 'forbidden'
  | 'processing'
  | 'not-supported'
  | 'duplicate'
  | 'multiple-matches'
  | 'not-found'
  | 'deleted'
  | 'too-long'
  | 'code-invalid'
  | 'business-rule'
  | 'conflict'
  | 'transient'
  | 'throttled'
  | 'timeout'
  | 'exception'
  | 'informational';

export interface Issue {
  severity: 'fatal' | 'error' | 'warning' | 'information';
  code: IssueCode;
  /** Says what, where and what to do; never a value of the resource. */
  diagnostics: string;
  /** FHIRPath of the element, such as `Patient.name[0].given[1]`. */
  expression?: string;
}

/** What a FHIR client is told when its request fails: an HTTP status and an OperationOutcome. */
export class FhirError extends Error {
  override readonly name = 'FhirError';
  readonly status: number;
  readonly issues: readonly Issue[];

  constructor(status: number, issues: readonly Issue[], options?: ErrorOptions) {
    super(issues.map((issue) => issue.diagnostics).join('; '), options);
    this.status = status;
    this.issues = issues;
  }

  static of(status: number, code: IssueCode, diagnostics: string, expression?: string): FhirError {
    return new FhirError(status, [
      { severity: 'error', code, diagnostics, ...(expression ? { expression } : {}) },
    ]);
  }
}

export function operationOutcome(issues: readonly Issue[]): Resource {
  return {
    resourceType: 'OperationOutcome',
    issue: issues.map(issueElement),
  };
}

/** An issue as OperationOutcome.issue. */
export function issueElement({ expression, ...issue }: Issue) {
  return { ...issue, ...(expression ? { expression: [expression] } : {}) };
}
