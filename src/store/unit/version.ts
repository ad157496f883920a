// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { commitResource, leafData } from '../../anchor/commitment.ts';
import { canonicalize } from '../../fhir/canonical.ts';
import type { Meta, Resource } from '../../fhir/resource.ts';
import { SALT_BYTES } from '../sql/content.ts';
import { cursorAt } from '../sql/cursor.ts';
import type { Stored } from '../store.ts';

export interface VersionFacts {
  readonly version: number;
  readonly updated: string;
  readonly deleted: boolean;
  readonly patient: string | undefined;
  readonly leafIndex: number;
  readonly recorded: string | undefined;
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
    ...(facts.recorded === undefined ? {} : { recorded: facts.recorded }),
  };
}

/** Does the resource say exactly what is stored, but for the version and time that the store gives? */
export function saysTheSame(resource: Resource, stored: Stored): boolean {
  if (stored.deleted) return false;
  return canonicalize(stamp(resource, stored.version, stored.updated)) === stored.canonical;
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
