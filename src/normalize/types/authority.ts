// SPDX-License-Identifier: Apache-2.0
import { printLocation } from '../../ingest/hl7/errors.ts';
import { type Authority, BY_FORM, isByName, systemOf, uriOf } from '../identity/systems.ts';
import type { Place } from '../place.ts';
import type { Run } from '../run.ts';
import type { Leaf, TypeOf } from './converter.ts';
import { cleanCode } from './text.ts';

/**
 * The system of an identifier from the HD (§2A.2.33) that assigned it. Without one the identifier holds within its sender: it gets the
 * sender's system, and `authority` reports that.
 */
function authorityType(first: number, reports: boolean): TypeOf {
  return (): Leaf => ({
    kind: 'leaf',
    always: true,
    read(place, { run }) {
      const named = readAuthority(place, first, run);
      const system = systemOf(named, run.site.authorities);
      if (system !== undefined) {
        const byName = isByName(named, run.site.authorities);
        const [name, part] = byName ? [named.namespace, first] : [named.universalId, first + 1];
        run.systemNames.tell('authority', name, system, run, place, part);
        return system;
      }
      if (reports) {
        const { segment, field } = place.location;
        run.report(
          'warning',
          'required',
          `${segment}-${field} has an identifier without an assigning authority: taken to be its sender's`,
          printLocation(place.location),
        );
      }
      return run.senderSystem;
    },
  });
}

/** HL7 table 0301: what the URI that is made of the id doesn't say. */
const NOT_SAID = /^(DNS|CLIA|CLIP|CAP|EUI64|HCD|HL7|L|M|N|RANDOM|X400|X500)$/i;

function readAuthority(place: Place, first: number, run: Run): Authority {
  const [namespace, universalId, universalIdType] = [first, first + 1, first + 2].map((part) =>
    place.peek(part),
  ) as [string, string, string];
  const authority = { namespace, universalId, universalIdType };
  const known = run.site.authorities;
  const byName = isByName(authority, known);
  if (byName) place.take(run.taken, first);
  if (universalId.trim() === '') return authority;
  const isSaid = known.has(universalId.trim()) || uriOf(universalId, universalIdType) !== undefined;
  const same = universalId.trim() === namespace.trim();
  if (!isSaid && (BY_FORM.test(universalIdType) || (byName && !same))) reportMisfit(place, run);
  // Beside a universal id the name isn't in the system: who wants to keep it has a row for it. One that is none stays as it was sent.
  if (byName && !same) return authority;
  place.take(run.taken, first + 1);
  if (isSaid && BY_FORM.test(universalIdType)) place.take(run.taken, first + 2);
  else if (NOT_SAID.test(universalIdType)) run.leaveOut(place.inner(first + 2), 'universal-id-type');
  return authority;
}

function reportMisfit(place: Place, run: Run): void {
  const { segment, field } = place.location;
  run.report(
    'warning',
    'value',
    `${segment}-${field} has an authority whose universal id is none of its type: it counts by its name`,
    printLocation(place.location),
  );
}

/** From an HD. */
export const authority: TypeOf = authorityType(1, true);
/** From an HD, where identifiers without an authority are common and mean the sender's. */
export const namespace: TypeOf = authorityType(1, false);
/** From parts 2 to 4 of an EI (§2A.2.20). */
export const entityNamespace: TypeOf = authorityType(2, false);
/** From parts 9 to 11 of a CNN (§2A.2.9), which is written out because it stands inside an NDL. */
export const nameNamespace: TypeOf = authorityType(9, false);

/** The universal id of an HD: as a URI, or whatever it is if it names the authority. */
function universalType(first: number, asUri: boolean): TypeOf {
  return (): Leaf => ({
    kind: 'leaf',
    read(place, { run }) {
      const [namespace, universalId, universalIdType] = [first, first + 1, first + 2].map((part) =>
        place.peek(part),
      ) as [string, string, string];
      const isNone = isByName({ namespace, universalId, universalIdType }, run.site.authorities);
      const text = asUri ? uriOf(universalId, universalIdType) : isNone ? undefined : cleanCode(universalId);
      if (text !== undefined) place.take(run.taken, first + 1);
      return text;
    },
  });
}

export const universalUri: TypeOf = universalType(1, true);
export const universalId: TypeOf = universalType(1, false);
/** The same of parts 2 to 4 of an EI. */
export const entityUniversalUri: TypeOf = universalType(2, true);
export const entityUniversalId: TypeOf = universalType(2, false);

/** The URI of a coding system by its name, which is told where it isn't in the URI. */
export function codingSystemOf(name: string, run: Run, place: Place, part = 1): string {
  const uri = run.site.codingSystem(name, run.senderSystem);
  run.systemNames.tell('coding', name, uri, run, place, part);
  return uri;
}

/** The system of a code from the name of its coding system, as in CWE.3. */
export const codingSystem: TypeOf = () => ({
  kind: 'leaf',
  read(place, { run }) {
    const name = place.read(run.taken).trim();
    return name === '' ? undefined : codingSystemOf(name, run, place);
  },
});
