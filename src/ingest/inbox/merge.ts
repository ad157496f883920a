// SPDX-License-Identifier: Apache-2.0
import { referencesOf, rewriteReferences } from '../../fhir/references.ts';
import type { Resource } from '../../fhir/resource.ts';
import { isTestData, labelAsTest } from '../../fhir/test-data.ts';
import type { ConversionEntry, PatientMerge } from '../../normalize/convert.ts';
import type { Change, Store, Stored } from '../../store/store.ts';
import type { StoredEntry } from '../apply.ts';
import {
  asCurrent,
  findPatient,
  type Identifier,
  identifiersOf,
  keptIdentifiers,
  type Link,
  linksOf,
  nameOf,
  renamed,
  settlePatients,
} from './identity.ts';

/**
 * Types whose resources move to the survivor. Consents stay as they were signed, and count for both all the same (`consent/merged.ts`).
 * AuditEvents and Provenance stay: they say what was done to the record that was.
 */
const MOVING: readonly string[] = [
  'Account',
  'AllergyIntolerance',
  'Appointment',
  'CarePlan',
  'CareTeam',
  'Communication',
  'Condition',
  'Coverage',
  'Device',
  'DiagnosticReport',
  'DocumentReference',
  'Encounter',
  'EpisodeOfCare',
  'FamilyMemberHistory',
  'Goal',
  'ImagingStudy',
  'Immunization',
  'MedicationAdministration',
  'MedicationDispense',
  'MedicationRequest',
  'MedicationStatement',
  'Observation',
  'Procedure',
  'QuestionnaireResponse',
  'RelatedPerson',
  'ServiceRequest',
  'Specimen',
  'Task',
];

export interface MergePlan {
  readonly entries: readonly StoredEntry[];
  readonly moves: readonly Change[];
  /** Ids of the Patients that are merged into another, and of that one; absent: they are one already. */
  readonly merged?: { readonly priors: readonly string[]; readonly survivor: string };
}

/**
 * A40: the prior Patient becomes inactive and points to the survivor; the survivor takes over its identifiers, as old ones, so that later
 * messages which name them land on the survivor; the records move. Said again, it changes nothing; and it holds however late it comes.
 */
export async function mergePatients(
  entries: readonly ConversionEntry[],
  merge: PatientMerge,
  store: Store,
  asOf: number | undefined,
): Promise<MergePlan> {
  const survivorEntry = entries.find((entry) => entry.fullUrl === merge.survivor.fullUrl);
  const priorEntry = entries.find((entry) => entry.fullUrl === merge.prior.fullUrl);
  if (!survivorEntry || !priorEntry)
    return { entries: await settlePatients(entries, store, asOf), moves: [] };

  const names = new Map<string, string>();
  const survivor = await findPatient({ ...survivorEntry, knownBy: merge.survivor.knownBy }, store);
  const prior = await findPatient({ ...priorEntry, knownBy: merge.prior.knownBy }, store);
  const surviving = survivor ? asCurrent(survivorEntry, survivor, names) : survivorEntry;
  const survivorId = surviving.resource.id;
  const priorId = prior?.id ?? priorEntry.resource.id;
  if (priorId !== priorEntry.resource.id)
    names.set(`Patient/${priorEntry.resource.id}`, `Patient/${priorId}`);

  const others = entries.filter((entry) => entry !== survivorEntry && entry !== priorEntry);
  const done = priorId === survivorId;
  const replaced = new Set(survivor ? replacedBy(survivor) : []);
  if (!done && priorId !== undefined) replaced.add(priorId);
  const patients = done
    ? [withoutLinks(surviving, survivor)]
    : [
        taking(
          surviving,
          survivor,
          [...identifiersOf(priorEntry.resource), ...(prior ? identifiersOf(prior.resource) : [])],
          replaced,
        ),
        leaving(priorEntry, priorId, survivorId),
      ];
  const moves: Change[] = [];
  for (const id of replaced) moves.push(...(await movesOf(id, survivorId, store)));
  const rest = await settlePatients(others, store, asOf);
  const merged = survivorId === undefined ? {} : { merged: { priors: [...replaced], survivor: survivorId } };
  return { entries: [...patients, ...renamed(rest, names)], moves, ...merged };
}

/** The survivor's entry with the identifiers and the links that the merge gives it. */
function taking(
  entry: ConversionEntry,
  current: Stored | undefined,
  taken: readonly Identifier[],
  replaced: ReadonlySet<string>,
): StoredEntry {
  const own = keptIdentifiers(identifiersOf(entry.resource), current ? identifiersOf(current.resource) : []);
  const names = new Set(own.map(nameOf));
  const old = taken.filter((each) => !names.has(nameOf(each)) && names.add(nameOf(each)));
  const identifier = [...own, ...old.map((each) => ({ ...each, use: 'old' }))];
  const link: Link[] = [...replaced].map((id) => ({
    other: { reference: `Patient/${id}` },
    type: 'replaces',
  }));
  const adds = [...(entry.adds ?? []), 'identifier', 'link'];
  const resource = { ...entry.resource, identifier, link };
  return { ...entry, resource, adds, anyway: ['identifier'] };
}

/** The prior's entry: its identifiers name the survivor now, so it keeps none; what else it said stays as it was. */
function leaving(
  entry: ConversionEntry,
  id: string | undefined,
  survivorId: string | undefined,
): StoredEntry {
  const resource: Resource = {
    resourceType: 'Patient',
    ...(id === undefined ? {} : { id }),
    active: false,
    link: [{ other: { reference: `Patient/${survivorId}` }, type: 'replaced-by' }],
  };
  if (isTestData(entry.resource)) labelAsTest(resource);
  const { fullUrl } = entry;
  return {
    fullUrl,
    resource,
    removed: ['identifier'],
    knownBy: [],
    anyway: ['active', 'identifier', 'link'],
  };
}

/** Both sides are one already: the message only says again who the patient is. */
function withoutLinks(entry: ConversionEntry, current: Stored | undefined): ConversionEntry {
  const { link: _link, ...resource } = entry.resource;
  const link = current ? linksOf(current.resource) : [];
  return { ...entry, resource: link.length > 0 ? { ...resource, link } : resource };
}

function replacedBy(survivor: Stored): string[] {
  return linksOf(survivor.resource)
    .filter((link) => link.type === 'replaces' && link.other.reference?.startsWith('Patient/'))
    .map((link) => link.other.reference!.slice(8));
}

/** The records that still speak of the prior Patient, as they read when they speak of the survivor. */
async function movesOf(priorId: string, survivorId: string | undefined, store: Store): Promise<Change[]> {
  const names = new Map([[`Patient/${priorId}`, `Patient/${survivorId}`]]);
  const moves: Change[] = [];
  for (const type of MOVING) {
    const search = {
      type,
      where: [],
      sort: { by: 'updated', descending: false },
      patients: [priorId],
    } as const;
    for await (const stored of store.search(search)) {
      if (!referencesOf(stored.resource).includes(`Patient/${priorId}`)) continue;
      const resource = rewriteReferences(stored.resource, names);
      moves.push({ op: 'update', resource, ifMatch: stored.version, sameFacts: true });
    }
  }
  return moves;
}
