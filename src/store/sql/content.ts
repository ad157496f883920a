// SPDX-License-Identifier: Apache-2.0
import { parseJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { SearchIndex } from '../../fhir/search/query.ts';
import { StoreError } from '../errors.ts';
import { openContent, sealContent } from '../keys/envelope.ts';
import { NOBODY } from '../keys/patients.ts';
import type { Stored } from '../store.ts';
import { cursorAt, type SortKey } from './cursor.ts';
import type { NewRow, Row } from './row.ts';

export const SALT_BYTES = 32;

/** Reads a row. Throws StoreError when its key is gone or its content isn't what was sealed. */
export function openRow(row: Row, keys: ReadonlyMap<string, Uint8Array>, by: SortKey = 'updated'): Stored {
  const record = `${row.type}/${row.id}/${row.version}`;
  const key = keys.get(row.patient ?? NOBODY);
  if (!key) throw new StoreError('KEY_MISSING', `the key of ${record} is gone`);
  const plain = openContent(key, { content: row.content, contentKey: row.content_key }, record);
  const canonical = Buffer.from(plain.buffer, plain.byteOffset, plain.length).toString('utf8', SALT_BYTES);
  const updated = row.updated.toISOString();
  const sortedBy = by === 'updated' ? updated : (row.period_start?.toISOString() ?? null);
  return {
    type: row.type,
    id: row.id,
    version: row.version,
    updated,
    deleted: row.deleted,
    ...(row.patient === null ? {} : { patient: row.patient }),
    resource: parseJson(canonical) as Resource,
    canonical,
    salt: plain.subarray(0, SALT_BYTES),
    leafIndex: Number(row.leaf_index),
    leaf: row.leaf,
    cursor: cursorAt(sortedBy, row.id),
    ...(row.recorded === null ? {} : { recorded: row.recorded }),
  };
}

/** A token of our own beside those of the search parameters: whose compartments the resource lies in. */
export function compartmentToken(patient: string): string {
  return `_compartment|Patient/${patient}`;
}

/** Seals a version into the row that it becomes. */
export function sealRow(
  stored: Stored,
  index: SearchIndex,
  options: {
    key: Uint8Array;
    current: boolean;
    recorded: string | undefined;
    blind: (token: string) => bigint;
  },
): NewRow {
  const plain = Buffer.concat([stored.salt, Buffer.from(stored.canonical)]);
  const sealed = sealContent(options.key, plain, `${stored.type}/${stored.id}/${stored.version}`);
  const tokens = [...index.tokens, ...index.patients.map(compartmentToken)].map(options.blind);
  return {
    type: stored.type,
    id: stored.id,
    version: stored.version,
    current: options.current,
    deleted: stored.deleted,
    updated: stored.updated,
    patient: stored.patient ?? null,
    leaf_index: stored.leafIndex,
    leaf: base64(stored.leaf),
    content: base64(sealed.content),
    content_key: base64(sealed.contentKey),
    tokens: `{${[...new Set(tokens)].join(',')}}`,
    period_start: index.period?.start ?? null,
    period_end: index.period?.end ?? null,
    recorded: options.recorded ?? null,
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
