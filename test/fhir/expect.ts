// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { FhirError, type IssueCode } from '../../src/fhir/outcome.ts';

/** For assert.throws: a FhirError of that status, with an issue of that code and, if given, that expression. */
export function fhirError(status: number, code?: IssueCode, expression?: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof FhirError, `expected a FhirError, got ${String(error)}`);
    assert.equal(error.status, status);
    if (code)
      assert.deepEqual(
        error.issues.map((issue) => issue.code),
        [code],
      );
    if (expression)
      assert.deepEqual(
        error.issues.map((issue) => issue.expression),
        [expression],
      );
    return true;
  };
}
