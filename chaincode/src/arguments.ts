// SPDX-License-Identifier: Apache-2.0
import type { Context } from 'fabric-contract-api';
import { ContractError } from './errors.ts';

export const MAX_ID_LENGTH = 256;
export const MAX_TRANSIENT_BYTES = 256 * 1024;
const MAX_DEPTH = 16;

const ID = /^[\w.:@/+=-]+$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** An id or pseudonym: short, printable, and without the U+0000 that separates the parts of composite keys. */
export function readId(text: string, what: string): string {
  if (text.length > MAX_ID_LENGTH || !ID.test(text))
    throw new ContractError('ARGUMENT_INVALID', `${what} is no id of 1 to ${MAX_ID_LENGTH} characters`);
  return text;
}

/** A decimal without sign or leading zero; RFC 6962 tree sizes are 64 bits, of which a signed one is enough. */
export function readSize(text: string): bigint {
  if (!/^(0|[1-9]\d{0,18})$/.test(text))
    throw new ContractError('ARGUMENT_INVALID', 'size is no decimal number');
  const size = BigInt(text);
  if (size > 0x7fff_ffff_ffff_ffffn) throw new ContractError('ARGUMENT_INVALID', 'size is above 2^63');
  return size;
}

export function readVersion(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new ContractError('ARGUMENT_INVALID', 'version is no positive number');
  return Number(text);
}

/** Standard base64 in its one right spelling, so that equal bytes are equal text. */
export function readBase64(text: string, bytes: number, what: string): Uint8Array {
  const decoded = BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
  if (decoded?.length !== bytes || decoded.toString('base64') !== text)
    throw new ContractError('ARGUMENT_INVALID', `${what} is not ${bytes} bytes in base64`);
  return decoded;
}

export function readJson(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ContractError('ARGUMENT_INVALID', `${what} is no JSON`);
  }
  if (depth(value) > MAX_DEPTH) throw new ContractError('ARGUMENT_INVALID', `${what} is nested too deeply`);
  return value;
}

/** Transient data reach the endorsing peers and never the block. */
export function readTransient(ctx: Context, name: string): unknown {
  const bytes = ctx.stub.getTransient().get(name);
  if (!bytes || bytes.length === 0 || bytes.length > MAX_TRANSIENT_BYTES)
    throw new ContractError('ARGUMENT_INVALID', `transient "${name}" is missing, empty or too large`);
  return readJson(Buffer.from(bytes).toString('utf8'), `transient "${name}"`);
}

export function asObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ContractError('ARGUMENT_INVALID', `${what} is no object`);
  return value as Readonly<Record<string, unknown>>;
}

export function asText(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new ContractError('ARGUMENT_INVALID', `${what} is no text`);
  return value;
}

function depth(value: unknown): number {
  let level: unknown[] = [value];
  let levels = 0;
  while (level.length > 0 && levels <= MAX_DEPTH) {
    levels += 1;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return levels;
}
