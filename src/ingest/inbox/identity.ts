// SPDX-License-Identifier: Apache-2.0
import { rewriteReferences } from '../../fhir/references.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { IndexToken } from '../../fhir/search/query.ts';
import { isTestData } from '../../fhir/test-data.ts';
import type { ConversionEntry } from '../../normalize/convert.ts';
import type { Store, Stored } from '../../store/store.ts';
import { Recorded } from '../../store/unit/recorded.ts';

/** As much of the R4 data type as identity needs. */
export interface Identifier {
  use?: string;
  system?: string;
  value?: string;
  [element: string]: unknown;
}

export interface Link {
  other: { reference?: string; [element: string]: unknown };
  type: string;
  [element: string]: unknown;
}

/** A chain of merges longer than that is a circle. */
const MAX_HOPS = 32;
/** Patients that one message's identifiers may point to before we stop looking. */
const MAX_MATCHES = 8;

/**
 * Each Patient of a message under the name of the Patient that the store means by its identifiers, also after merges; all references
 * follow. What was recorded about one before it was merged away says nothing of who the survivor is.
 */
export async function settlePatients(
  entries: readonly ConversionEntry[],
  store: Store,
  asOf: number | undefined,
): Promise<ConversionEntry[]> {
  const names = new Map<string, string>();
  const settled: ConversionEntry[] = [];
  for (const entry of entries) {
    const current = entry.resource.resourceType === 'Patient' ? await findPatient(entry, store) : undefined;
    if (!current) settled.push(entry);
    else {
      const said = asCurrent(entry, current, names);
      settled.push((await precedesMerge(entry, current, store, asOf)) ? { ...said, create: true } : said);
    }
  }
  return renamed(settled, names);
}

async function precedesMerge(
  { resource: { id } }: ConversionEntry,
  current: Stored,
  store: Store,
  asOf: number | undefined,
): Promise<boolean> {
  if (asOf === undefined || id === undefined || id === current.id) return false;
  const prior = await store.read('Patient', id);
  return prior !== undefined && isReplaced(prior) && Recorded.read(prior.recorded).of('link') > asOf;
}

const isReplaced = ({ resource }: Stored) => linksOf(resource).some(({ type }) => type === 'replaced-by');

/** The entry as a statement about the Patient that is stored; `names` learns what it is called. */
export function asCurrent(
  entry: ConversionEntry,
  current: Stored,
  names: Map<string, string>,
): ConversionEntry {
  const { resource } = entry;
  if (resource.id !== current.id) names.set(`Patient/${resource.id}`, `Patient/${current.id}`);
  const identifier = keptIdentifiers(identifiersOf(resource), identifiersOf(current.resource));
  const named = { ...resource, id: current.id, ...(identifier.length > 0 ? { identifier } : {}) };
  // Found already: the store need not look for it again.
  return { ...entry, resource: named, knownBy: [] };
}

export function renamed(
  entries: readonly ConversionEntry[],
  names: ReadonlyMap<string, string>,
): ConversionEntry[] {
  if (names.size === 0) return [...entries];
  return entries.map((entry) => ({ ...entry, resource: rewriteReferences(entry.resource, names) }));
}

/** The Patient that an entry means: by identifier in the order of PID-3, else by its id; where a merge has replaced it, the survivor. */
export async function findPatient(
  entry: Pick<ConversionEntry, 'resource' | 'knownBy'>,
  store: Store,
): Promise<Stored | undefined> {
  const isTest = isTestData(entry.resource);
  const matches = entry.knownBy.length > 0 ? await patientsWith(entry.knownBy, store, isTest) : [];
  let found = matches[0];
  if (matches.length > 1) found = await firstByToken(entry.knownBy, store, isTest);
  const { id } = entry.resource;
  if (!found && id !== undefined) found = await store.read('Patient', id);
  return found && !found.deleted ? survivorOf(found, store) : undefined;
}

async function firstByToken(
  tokens: readonly IndexToken[],
  store: Store,
  isTest: boolean,
): Promise<Stored | undefined> {
  for (const token of tokens) {
    const [match] = await patientsWith([token], store, isTest);
    if (match) return match;
  }
  return undefined;
}

/** Of test data if that is asked for, else only real ones: the two may have the same numbers. */
async function patientsWith(anyOf: readonly IndexToken[], store: Store, isTest: boolean): Promise<Stored[]> {
  const found: Stored[] = [];
  const where = [{ kind: 'token', anyOf, negated: false } as const];
  for await (const each of store.search({
    type: 'Patient',
    where,
    sort: { by: 'updated', descending: false },
  })) {
    if (isTestData(each.resource) !== isTest) continue;
    found.push(each);
    if (found.length === MAX_MATCHES) break;
  }
  return found;
}

/** R4 Patient.link: `replaced-by` points to the record to be used instead. */
async function survivorOf(patient: Stored, store: Store): Promise<Stored> {
  let at = patient;
  for (let hop = 0; hop < MAX_HOPS; hop += 1) {
    const next = linksOf(at.resource).find((link) => link.type === 'replaced-by')?.other.reference;
    const found = next?.startsWith('Patient/') ? await store.read('Patient', next.slice(8)) : undefined;
    if (!found || found.deleted) return at;
    at = found;
  }
  return at;
}

/**
 * The identifiers of a Patient after a message: the message's own, and the old ones that merges have brought, which its sender can't be
 * expected to repeat. A sender that knows the patient by an old identifier only isn't heard on the others: they all stay.
 */
export function keptIdentifiers(
  said: readonly Identifier[],
  current: readonly Identifier[],
): readonly Identifier[] {
  if (said.length === 0 || current.length === 0) return said;
  const old = new Set(current.filter((each) => each.use === 'old').map(nameOf));
  if (old.size === 0) return said;
  const names = new Set(said.map(nameOf));
  const onlyOld = !current.some((each) => each.use !== 'old' && names.has(nameOf(each)));
  const kept = current.filter((each) => !names.has(nameOf(each)) && (onlyOld || each.use === 'old'));
  return [...said.map((each) => (old.has(nameOf(each)) ? { ...each, use: 'old' } : each)), ...kept];
}

export const nameOf = (identifier: Identifier): string =>
  `${identifier.system ?? ''}|${identifier.value ?? ''}`;

export function identifiersOf(resource: Resource): readonly Identifier[] {
  return Array.isArray(resource['identifier']) ? (resource['identifier'] as Identifier[]) : [];
}

export function linksOf(resource: Resource): readonly Link[] {
  return Array.isArray(resource['link']) ? (resource['link'] as Link[]) : [];
}
