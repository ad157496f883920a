// SPDX-License-Identifier: Apache-2.0

import { canonicalize } from '../fhir/canonical.ts';
import type { LedgerEvidence } from '../ledger/ledger.ts';
import type { Stored } from '../store/store.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { discloseElements } from './commitment.ts';

/** What a partial receipt always shows: which record it is of. */
const ALWAYS_SHOWN = ['resourceType', 'id', 'meta'];

/** One file that proves a record without the bridge. docs/receipts.md explains each member. */
export interface Receipt {
  readonly mooringReceipt: 1;
  readonly record: { readonly type: string; readonly id: string; readonly version: number };
  /** Canonical text of the resource, or of the elements that are shown. */
  readonly resource: string;
  /** Of a full copy: base64, as all that follows. */
  readonly salt?: string;
  /** Of a partial copy: a salt for each element that is shown, a digest for each that isn't. */
  readonly salts?: Readonly<Record<string, string>>;
  readonly hidden?: readonly string[];
  readonly leaf: string;
  readonly index: number;
  /** C2SP tlog-proof: inclusion of the leaf in the signed checkpoint. */
  readonly proof: string;
  /** That the ledger has committed this checkpoint. */
  readonly ledger: LedgerEvidence;
}

/** The receipt of a version: whole, or of the elements with these names. */
export function makeReceipt(
  stored: Stored,
  anchor: { readonly proof: string; readonly ledger: LedgerEvidence },
  shownNames?: readonly string[],
): Receipt {
  const { type, id, version } = stored;
  return {
    mooringReceipt: 1,
    record: { type, id, version },
    ...(shownNames
      ? partOf(stored, shownNames)
      : { resource: stored.canonical, salt: toBase64(stored.salt) }),
    leaf: toBase64(stored.leaf),
    index: stored.leafIndex,
    ...anchor,
  };
}

/** Checks nothing but the form; `undefined`: not a receipt, as it comes from anyone. */
export function readReceipt(value: unknown): Receipt | undefined {
  const receipt = objectOf(value);
  const record = objectOf(receipt?.['record']);
  if (!receipt || !record || receipt['mooringReceipt'] !== 1) return undefined;
  const { type, id, version } = record;
  const texts = [type, id, receipt['resource'], receipt['leaf'], receipt['proof']];
  const counts = [version, receipt['index']];
  const formed =
    texts.every((text) => typeof text === 'string') &&
    counts.every((count) => Number.isSafeInteger(count) && (count as number) >= 0) &&
    isSalted(receipt) &&
    typeof objectOf(receipt['ledger'])?.['kind'] === 'string';
  return formed ? (receipt as unknown as Receipt) : undefined;
}

function partOf(
  { resource, salt }: Stored,
  names: readonly string[],
): Pick<Receipt, 'resource' | 'salts' | 'hidden'> {
  const { shown, salts, hidden } = discloseElements(resource, salt, [...ALWAYS_SHOWN, ...names]);
  return {
    resource: canonicalize(shown),
    salts: Object.fromEntries(Object.entries(salts).map(([name, own]) => [name, toBase64(own)])),
    hidden: hidden.map(toBase64),
  };
}

/** Either one salt for all, or one for each element shown and digests of the others. */
function isSalted({ salt, salts, hidden }: Record<string, unknown>): boolean {
  if (salt !== undefined) return isHash(salt) && salts === undefined && hidden === undefined;
  const own = objectOf(salts);
  return (
    own !== undefined && Object.values(own).every(isHash) && Array.isArray(hidden) && hidden.every(isHash)
  );
}

function isHash(value: unknown): boolean {
  return fromBase64(value, 32) !== undefined;
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
