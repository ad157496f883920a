// SPDX-License-Identifier: Apache-2.0
import { FhirError } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { Change, ChangeResult } from '../store/store.ts';
import { nameByFullUrl } from './fhir-transaction/names.ts';
import { readStep, type WireEntry } from './fhir-transaction/step.ts';

/** One entry of a Bundle, read. `index` is its place there, and its answer's place in the response. */
export type BundleStep = { readonly index: number } & (
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'read'; readonly type: string; readonly id: string; readonly version?: number }
  | {
      readonly kind: 'search';
      readonly type: string;
      readonly params: readonly (readonly [string, string])[];
    }
  /** In a batch, where one wrong entry doesn't stop the others. */
  | { readonly kind: 'refused'; readonly error: FhirError }
);

export interface ReadBundle {
  readonly mode: 'transaction' | 'batch';
  /** In the order of processing. */
  readonly entries: readonly BundleStep[];
}

/** How many entries one Bundle may have. */
export const MAX_ENTRIES = 5000;

// FHIR R4 §3.1.0.11.2: DELETE, then POST, then PUT and PATCH, then GET and HEAD, whatever the order of the entries.
const ORDER = ['delete', 'create', 'update', 'merge'];
const AFTER_CHANGES = ORDER.length;

/**
 * Reads a transaction or batch. In a transaction the first wrong entry is thrown as FhirError 400 with its expression, such as
 * `Bundle.entry[3].request.url`; in a batch it is a refused step. `base` is our own FHIR base, so that absolute URLs of ours are understood.
 */
export function readBundle(bundle: Resource, base?: string): ReadBundle {
  const mode = bundle['type'];
  if (bundle.resourceType !== 'Bundle' || (mode !== 'transaction' && mode !== 'batch')) {
    throw FhirError.of(400, 'value', 'Bundle.type: expected transaction or batch', 'Bundle.type');
  }
  const wire = bundle['entry'] ?? [];
  if (!Array.isArray(wire))
    throw FhirError.of(400, 'structure', 'Bundle.entry: expected an array', 'Bundle.entry');
  if (wire.length > MAX_ENTRIES) {
    throw FhirError.of(400, 'too-long', `Bundle.entry: more than ${MAX_ENTRIES} entries`, 'Bundle.entry');
  }
  if (mode === 'batch')
    return { mode, entries: wire.map((entry, index) => readOrRefuse(entry, index, base)) };
  const steps = nameByFullUrl(wire as WireEntry[]).map((entry, index) => readStep(entry, index, base));
  refuseOverlaps(steps);
  return {
    mode,
    entries: steps.toSorted((one, other) => rank(one) - rank(other) || one.index - other.index),
  };
}

/** `Bundle.entry.response` of what the store did with a change (FHIR R4 §3.1.0.11.3). */
export function changeResponse({ outcome, stored }: ChangeResult): Record<string, string> {
  const status = {
    created: '201 Created',
    updated: '200 OK',
    unchanged: '200 OK',
    deleted: '204 No Content',
  }[outcome];
  return {
    status,
    ...(outcome === 'deleted' ? {} : { location: `${stored.type}/${stored.id}/_history/${stored.version}` }),
    etag: `W/"${stored.version}"`,
    lastModified: stored.updated,
  };
}

function readOrRefuse(entry: unknown, index: number, base: string | undefined): BundleStep {
  try {
    return readStep(entry as WireEntry, index, base);
  } catch (error) {
    if (error instanceof FhirError) return { index, kind: 'refused', error };
    throw error;
  }
}

function rank(step: BundleStep): number {
  return step.kind === 'change' ? ORDER.indexOf(step.change.op) : AFTER_CHANGES;
}

// FHIR R4 §3.1.0.11.2: "If any resource identities overlap in steps 1-3, then the transaction SHALL fail."
function refuseOverlaps(steps: readonly BundleStep[]): void {
  const changed = new Set<string>();
  for (const step of steps) {
    const name = step.kind === 'change' ? identityOf(step.change) : undefined;
    if (name === undefined) continue;
    if (changed.has(name)) {
      const element = `Bundle.entry[${step.index}].request.url`;
      throw FhirError.of(400, 'invariant', `${element}: another entry changes the same resource`, element);
    }
    changed.add(name);
  }
}

function identityOf(change: Change): string | undefined {
  if (change.op === 'delete') return `${change.type}/${change.id}`;
  return change.op === 'update' && !change.where
    ? `${change.resource.resourceType}/${change.resource.id}`
    : undefined;
}
