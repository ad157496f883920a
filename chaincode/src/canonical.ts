// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { ContractError } from './errors.ts';

/**
 * RFC 8785 (JCS) for what the contract handles: strings, integers, booleans, arrays and objects. Members without a value are left out.
 * JavaScript compares strings by UTF-16 code units, which is the order that §3.2.3 asks for.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new ContractError('ARGUMENT_INVALID', 'a number is no integer');
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object') throw new ContractError('ARGUMENT_INVALID', 'a value has no JSON form');
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** SHA-256 over the parts, each with its length before it, so that no two lists of parts have the same bytes. */
export function digest(domain: string, ...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256').update(`${domain}\n`);
  for (const part of parts) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    hash.update(length).update(part);
  }
  return hash.digest();
}
