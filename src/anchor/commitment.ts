// SPDX-License-Identifier: Apache-2.0
import { createHash, createHmac } from 'node:crypto';
import { canonicalize } from '../fhir/canonical.ts';
import { literalOf, setDecimal } from '../fhir/json.ts';
import type { Resource } from '../fhir/resource.ts';
import { treeHashOfData } from './merkle.ts';

/** Not one of the prefixes of RFC 6962 §2.1: the digest of an element is never a leaf or a node of any tree. */
const ELEMENT_PREFIX = Uint8Array.of(0x02);
const LEAF_VERSION = 1;
const KINDS = { resource: 1, consent: 2, audit: 3 } as const;
const COMMITMENT_BYTES = 32;
const LEAF_BYTES = 2 + COMMITMENT_BYTES;

export type LeafKind = keyof typeof KINDS;

/** A copy that shows some elements of a resource. What it hides is there as bare digests, so that the whole can still be checked. */
export interface PartialResource {
  /** The elements that are shown, numbers with their literals. */
  readonly shown: Readonly<Record<string, unknown>>;
  /** For each of them its own salt, which tells nothing of the others. */
  readonly salts: Readonly<Record<string, Uint8Array>>;
  readonly hidden: readonly Uint8Array[];
}

/**
 * Commits to the resource and reveals nothing of it to whoever lacks the salt, yet each top-level element can be shown without the
 * others. docs/log.md has the definition and vectors.
 */
export function commitResource(resource: Resource, salt: Uint8Array): Uint8Array {
  return commitDigests(
    elementNames(resource).map((name) => elementDigest(resource, name, elementSalt(salt, name))),
  );
}

/** What the log holds of a commitment: kind byte, version byte, 32 bytes. */
export function leafData(kind: LeafKind, commitment: Uint8Array): Uint8Array {
  const leaf = new Uint8Array(LEAF_BYTES);
  leaf.set([KINDS[kind], LEAF_VERSION]);
  leaf.set(commitment, 2);
  return leaf;
}

/** `undefined`: these bytes are no leaf of ours. */
export function readLeaf(leaf: Uint8Array): { kind: LeafKind; commitment: Uint8Array } | undefined {
  const kind = (Object.keys(KINDS) as LeafKind[]).find((name) => KINDS[name] === leaf[0]);
  if (!kind || leaf.length !== LEAF_BYTES || leaf[1] !== LEAF_VERSION) return undefined;
  return { kind, commitment: leaf.subarray(2) };
}

/** The kind of leaf that a resource of this type is. */
export function leafKindOf(resourceType: string): LeafKind {
  if (resourceType === 'Consent') return 'consent';
  return resourceType === 'AuditEvent' ? 'audit' : 'resource';
}

/** Shows the elements with these names, as far as the resource has them, and only digests of the others. */
export function discloseElements(
  resource: Resource,
  salt: Uint8Array,
  shownNames: readonly string[],
): PartialResource {
  const shown: Record<string, unknown> = {};
  const salts: Record<string, Uint8Array> = {};
  const hidden: Uint8Array[] = [];
  for (const name of elementNames(resource)) {
    const own = elementSalt(salt, name);
    if (shownNames.includes(name)) {
      copyElement(resource, name, shown, name);
      salts[name] = own;
    } else hidden.push(elementDigest(resource, name, own));
  }
  // By their bytes: in the resource's order, their places would tell which elements they are.
  return { shown, salts, hidden: hidden.sort(Buffer.compare) };
}

/** The commitment of the resource that the copy was made of; `undefined` when an element is shown without its salt. */
export function commitmentOfPartial({ shown, salts, hidden }: PartialResource): Uint8Array | undefined {
  const digests = [...hidden];
  for (const name of Object.keys(shown)) {
    const salt = Object.hasOwn(salts, name) ? salts[name] : undefined;
    if (!salt) return undefined;
    digests.push(elementDigest(shown, name, salt));
  }
  return commitDigests(digests);
}

function elementNames(resource: object): string[] {
  return Object.entries(resource).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}

function elementSalt(salt: Uint8Array, name: string): Uint8Array {
  return createHmac('sha256', salt).update(name, 'utf8').digest();
}

function elementDigest(resource: object, name: string, salt: Uint8Array): Uint8Array {
  const pair: unknown[] = [name];
  copyElement(resource, name, pair, 1);
  return createHash('sha256').update(ELEMENT_PREFIX).update(salt).update(canonicalize(pair), 'utf8').digest();
}

/** A number takes its literal along, which the resource remembers by the element's name. */
function copyElement(from: object, name: string, to: object, key: string | number): void {
  const value = (from as Record<string, unknown>)[name];
  const literal = typeof value === 'number' ? literalOf(from, name, value) : undefined;
  if (literal === undefined) (to as Record<string | number, unknown>)[key] = value;
  else setDecimal(to, key, literal);
}

function commitDigests(digests: readonly Uint8Array[]): Uint8Array {
  return treeHashOfData([...digests].sort(Buffer.compare));
}
