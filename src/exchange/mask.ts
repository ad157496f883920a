// SPDX-License-Identifier: Apache-2.0
import type { Obligation } from '@mooring/chaincode/terms';
import { copyJson } from '../fhir/json.ts';
import { referencesOf } from '../fhir/references.ts';
import type { Coding, Meta, Resource } from '../fhir/resource.ts';
import { parameterOf, parametersOf } from '../fhir/search/parameters.ts';
import type { Search } from '../fhir/search/query.ts';

const OBSERVATION_VALUE = 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue';
const MASKED: Coding = { system: OBSERVATION_VALUE, code: 'MASKED', display: 'masked' };
// FHIR R4 §3.1.1.7.3: tells a client that it must not write this copy back as if it were whole.
const SUBSETTED: Coding = { system: OBSERVATION_VALUE, code: 'SUBSETTED', display: 'subsetted' };

/** Without these nobody could say what was masked, or of what. */
const ALWAYS_SHOWN = new Set(['resourceType', 'id', 'meta']);

/**
 * A copy without the elements that the obligations name. The narrative goes too, for it says the same in prose, and so do contained
 * resources that only a masked element pointed to. It is labelled whether or not the record had the elements: the label mustn't tell.
 */
export function mask(resource: Resource, obligations: readonly Obligation[]): Resource {
  const names = new Set(obligations.flatMap((obligation) => obligation.elements));
  const copy = copyJson(resource);
  for (const name of Object.keys(copy)) if (isMasked(name, names)) delete copy[name];
  delete copy['text'];
  dropOrphans(copy);
  const meta: Meta = copy.meta ?? {};
  copy.meta = {
    ...meta,
    security: [...(meta.security ?? []), MASKED],
    tag: [...(meta.tag ?? []), SUBSETTED],
  };
  return copy;
}

/**
 * Whether the search asks about an element that is masked from this caller. Such a record must not be found: whoever may not see the date
 * of birth could else guess it, one search a day.
 */
export function asksForMasked(search: Search, obligations: readonly Obligation[]): boolean {
  if (obligations.length === 0) return false;
  const names = new Set(obligations.flatMap((obligation) => obligation.elements));
  return searchedElements(search).some((element) => isMasked(element, names));
}

function searchedElements({ type, where, sort }: Search): string[] {
  const clinical = () => parametersOf(type).filter((parameter) => parameter.clinical);
  const parameters = where.flatMap((clause) => {
    if (clause.kind === 'token') {
      const names = clause.anyOf.map((token) => /^[^|:]*/.exec(token)?.[0] ?? '');
      return names.flatMap((name) => parameterOf(type, name) ?? []);
    }
    return clause.kind === 'date' && clause.of === 'period' ? clinical() : [];
  });
  if (sort.by === 'period') parameters.push(...clinical());
  return parameters.flatMap(({ elements }) => elements.map((path) => /^\w*/.exec(path)?.[0] ?? ''));
}

/** `value` and `value[x]` mean `valueQuantity`; `birthDate` means `_birthDate` as well. */
function isMasked(element: string, names: ReadonlySet<string>): boolean {
  if (ALWAYS_SHOWN.has(element)) return false;
  const name = element.startsWith('_') ? element.slice(1) : element;
  for (const given of names) {
    const stem = given.endsWith('[x]') ? given.slice(0, -3) : given;
    if (name === stem || (name.startsWith(stem) && /^[A-Z]/.test(name.slice(stem.length)))) return true;
  }
  return false;
}

/** Until nothing changes: a contained resource may have been pointed to by another one that went. */
function dropOrphans(copy: Resource): void {
  while (Array.isArray(copy['contained'])) {
    const contained = copy['contained'] as Resource[];
    const { contained: _, ...visible } = copy;
    const kept = contained.filter((each) => {
      const others = contained.filter((other) => other !== each);
      return referencesOf({ ...visible, contained: others } as Resource).includes(`#${each.id}`);
    });
    if (kept.length === contained.length) return;
    if (kept.length === 0) delete copy['contained'];
    else copy['contained'] = kept;
  }
}
