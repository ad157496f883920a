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
  if (universalId !== '')
    return known.get(universalId) ?? universalSystem(universalId, authority.universalIdType);
  if (namespace !== '') return known.get(namespace) ?? localSystem(namespace);
  return undefined;
}

function universalSystem(id: string, type: string): string {
  if (OID.test(id)) return `urn:oid:${id}`;
  if (UUID.test(id)) return `urn:uuid:${id.toLowerCase()}`;
  if (type.toUpperCase() === 'URI' && ABSOLUTE.test(id)) return id;
  return /^(https?|urn):/i.test(id) && ABSOLUTE.test(id) ? id : localSystem(id);
}

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
