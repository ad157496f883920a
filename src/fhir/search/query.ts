// SPDX-License-Identifier: Apache-2.0

/**
 * One thing a resource can be found by, in clear, such as `code|http://loinc.org|718-7`, `identifier|urn:oid:1.2|4711` or
 * `subject|Patient/p1`. It starts with the search parameter's name. The store keeps and compares only its keyed hash.
 */
export type IndexToken = string;

/** What of a resource the store can search without reading it. Made by `fhir/search/index.ts`, a pure function of the resource. */
export interface SearchIndex {
  tokens: readonly IndexToken[];
  /** The clinically relevant time (Observation.effective, Encounter.period, …) as ISO instants, both ends included. */
  period?: { start: string; end: string };
  /** Logical ids of the patients in whose compartment the resource lies; the first one's key encrypts it. */
  patients: readonly string[];
}

/** FHIR R4 §3.1.1.5.6 on ranges, both ends included; `search/dates.ts` `compares` says exactly how. A resource without the time never matches. */
export type Comparison = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb';

/** All clauses of a search must hold. A negated token clause holds for what has none of the tokens. `start` and `end` are ISO instants in UTC with milliseconds. */
export type Clause =
  | { kind: 'token'; anyOf: readonly IndexToken[]; negated: boolean }
  | { kind: 'date'; of: 'period' | 'updated'; comparison: Comparison; start: string; end: string }
  | { kind: 'id'; anyOf: readonly string[] };

export interface Search {
  type: string;
  where: readonly Clause[];
  sort: { by: 'updated' | 'period'; descending: boolean };
  /** Only resources in the compartment of one of these patients, or in nobody's; absent: no such limit. */
  patients?: readonly string[];
}
