// SPDX-License-Identifier: Apache-2.0

/** An assigning authority or facility as v2 names it (data type HD, §2A.2.33). */
export interface Authority {
  readonly namespace: string;
  readonly universalId: string;
  readonly universalIdType: string;
}

const OID = /^[0-2](\.(0|[1-9]\d*))+$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:[^\s]+$/i;

/**
 * The URI of an authority: an OID, UUID or URI as what it is, a bare name below `urn:id:`. The same authority must be the same
 * system in whatever form its senders write it, else one patient becomes two; site files name the ones that are written in two ways.
 */
export function systemOf(authority: Authority, known: ReadonlyMap<string, string>): string | undefined {
  const universalId = authority.universalId.trim();
  const namespace = authority.namespace.trim();
  if (isByName(authority, known)) return known.get(namespace) ?? localSystem(namespace);
  if (universalId === '') return undefined;
  const uri = uriOf(universalId, authority.universalIdType);
  const system = known.get(universalId) ?? (uri && (known.get(uri.replace(/^urn:(oid|uuid):/, '')) ?? uri));
  if (system !== undefined) return system;
  const type = authority.universalIdType.trim();
  const isUnique = UNIQUE.test(type) || (/^(DNS)?$/i.test(type) && universalId.includes('.'));
  // What a place makes up for itself, or doesn't say the kind of, is unique together with the name of the place.
  return namespace === '' || isUnique ? localSystem(universalId) : localSystem(namespace, universalId);
}

/** HL7 table 0301: types of ids that are unique everywhere, whatever they look like. */
const UNIQUE = /^(CLIA|CLIP|CAP|EUI64|HCD|HL7|RANDOM|X400|X500)$/i;
/** Those whose ids have a form: by it they are recognized, and the URI says which it is. */
export const BY_FORM = /^(ISO|UUID|GUID|URI)$/i;

/**
 * Whether the namespace names the authority: the universal id is missing, or is none of its type, as in `EPIC&MR&ISO`. By such an id the
 * patients of many authorities would have one system.
 */
export function isByName(authority: Authority, known: ReadonlyMap<string, string>): boolean {
  const namespace = authority.namespace.trim();
  const id = authority.universalId.trim();
  if (namespace === '') return false;
  if (id === '' || id === namespace) return true;
  if (known.has(id) || uriOf(id, authority.universalIdType) !== undefined) return false;
  return BY_FORM.test(authority.universalIdType.trim());
}

/** The URI that a universal id is, whatever type it is said to have; absent: it is none. Prefixes, braces and missing hyphens are common. */
export function uriOf(id: string, type: string): string | undefined {
  const bare = id.trim().replace(/^(urn:)?(oid|uuid):/i, '');
  if (OID.test(bare)) return `urn:oid:${bare}`;
  const unbraced = bare.replace(/^\{(.*)\}$/, '$1');
  const uuid = /^(UUID|GUID)$/i.test(type.trim()) ? unbraced.replace(COMPACT, '$1-$2-$3-$4-$5') : unbraced;
  if (UUID.test(uuid)) return `urn:uuid:${uuid.toLowerCase()}`;
  if (/^urn:(oid|uuid):/i.test(id)) return undefined;
  const isUri = /^URI$/i.test(type.trim()) || /^(https?|urn):/i.test(id);
  return isUri && ABSOLUTE.test(id) ? id : undefined;
}

const COMPACT = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/i;

/** `urn:id:` and the name, percent-encoded; several names are nested. */
export function localSystem(...names: readonly string[]): string {
  return `urn:id:${names.map(encodeName).join(':')}`;
}

/** A system of a sender's own: an OID or UUID can't be continued by a name, so that becomes one of our nested names. */
export function systemWithin(sender: string, name: string): string {
  if (/^https?:/i.test(sender)) return `${sender.replace(/\/$/, '')}/${encodeName(name)}`;
  return `${sender.replace(/^urn:(oid|uuid):/, 'urn:id:')}:${encodeName(name)}`;
}

/** Percent-encoded for a URI; half a surrogate pair, which has no encoding, becomes the replacement character. */
export function encodeName(name: string): string {
  return PLAIN.test(name) ? name : encodeURIComponent(name.replace(LONE, '\ufffd'));
}

const PLAIN = /^[\w.~-]*$/;
const LONE = /\p{Surrogate}/gu;
