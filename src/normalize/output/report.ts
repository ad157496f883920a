// SPDX-License-Identifier: Apache-2.0
import { issueElement } from '../../fhir/outcome.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Conversion } from '../convert.ts';
import { fieldOf } from './rest.ts';

/**
 * What became of a message, as an OperationOutcome: what was wrong in it, which values only extensions keep, and which are in no resource
 * and by what rule. Expressions are positions in the message (`PID-22.1`), of what is said once a message the first; no value of it is
 * said, so the report may be kept in the clear.
 */
export function reportOf({ issues, unmapped, dropped }: Conversion): Resource {
  const rules = new Map<string, Set<string>>();
  for (const leaf of dropped) {
    const fields = rules.get(leaf.rule) ?? new Set();
    rules.set(leaf.rule, fields.add(fieldOf(leaf)));
  }
  const kept = [...new Set(unmapped.map(fieldOf))];
  const all = [
    ...issues.map(issueElement),
    ...(kept.length === 0 ? [] : [information('kept in extensions: no row maps them', kept)]),
    ...[...rules].map(([rule, fields]) => information(`left out by the rule ${rule}`, [...fields])),
  ];
  const issue = all.length > 0 ? all : [{ ...ALL_OK }];
  return { resourceType: 'OperationOutcome', issue };
}

/** R4 wants an issue also when there is none. */
const ALL_OK = { severity: 'information', code: 'informational', diagnostics: 'every value was mapped' };

function information(diagnostics: string, expression: readonly string[]) {
  return { severity: 'information', code: 'informational', diagnostics, expression };
}
