// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { commitResource, leafData } from '../../anchor/commitment.ts';
import { canonicalize } from '../../fhir/canonical.ts';
import { copyJson, literalOf, setDecimal } from '../../fhir/json.ts';
import type { Meta, Resource } from '../../fhir/resource.ts';
import { SALT_BYTES } from '../sql/content.ts';
import { cursorAt } from '../sql/cursor.ts';
import type { Stored } from '../store.ts';
import { joined } from './joined.ts';

export interface VersionFacts {
  readonly version: number;
  readonly updated: string;
  readonly deleted: boolean;
  readonly patient: string | undefined;
  readonly leafIndex: number;
}

/** The version of a resource as it will be stored and committed to: its number and time are part of what is hashed. */
export function makeVersion(resource: Resource, facts: VersionFacts): Stored {
  const id = resource.id as string;
  const final = stamp(resource, facts.version, facts.updated);
  const salt = randomBytes(SALT_BYTES);
  return {
    type: resource.resourceType,
    id,
    version: facts.version,
    updated: facts.updated,
    deleted: facts.deleted,
    ...(facts.patient === undefined ? {} : { patient: facts.patient }),
    resource: final,
    canonical: canonicalize(final),
    salt,
    leafIndex: facts.leafIndex,
    leaf: leafData(leafKind(resource.resourceType), commitResource(final, salt)),
    cursor: cursorAt(facts.updated, id),
  };
}

/** Does the resource say exactly what is stored, but for the version and time that the store gives? */
export function saysTheSame(resource: Resource, stored: Stored): boolean {
  if (stored.deleted) return false;
  return canonicalize(stamp(resource, stored.version, stored.updated)) === stored.canonical;
}

/** What the existing resource becomes when a message says this of it. */
export function mergeInto(
  existing: Resource,
  said: Resource,
  { removed, adds = [] }: { readonly removed: readonly string[]; readonly adds?: readonly string[] },
): Resource {
  const merged = copyJson(existing);
  for (const name of removed) if (name !== 'resourceType' && name !== 'id') delete merged[name];
  for (const name of Object.keys(said)) {
    const value = said[name];
    if (value === undefined || name === 'id') continue;
    const literal = typeof value === 'number' ? literalOf(said, name, value) : undefined;
    if (literal !== undefined) setDecimal(merged, name, literal);
    else merged[name] = adds.includes(name) ? joined(merged[name], value) : value;
  }
  // Element by element, lest a message that says where it came from takes away the security labels.
  if (existing.meta || said.meta) merged.meta = { ...existing.meta, ...said.meta };
  return merged;
}

/** What remains to be said of a deleted resource. */
export function tombstone(type: string, id: string): Resource {
  return { resourceType: type, id };
}

function stamp(resource: Resource, version: number, lastUpdated: string): Resource {
  const meta: Meta = { ...resource.meta, versionId: String(version), lastUpdated };
  resource.meta = meta;
  return resource;
}

function leafKind(type: string): 'resource' | 'consent' | 'audit' {
  if (type === 'Consent') return 'consent';
  return type === 'AuditEvent' ? 'audit' : 'resource';
}
