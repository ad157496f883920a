// SPDX-License-Identifier: Apache-2.0
import type { Context } from 'fabric-contract-api';
import { canonicalJson } from './canonical.ts';
import { instant } from './time.ts';

export function key(ctx: Context, kind: string, ...parts: string[]): string {
  return ctx.stub.createCompositeKey(kind, parts);
}

/** Numbers in keys are padded, so that the order of keys is the order of numbers. */
export function padded(number: bigint | number): string {
  return String(number).padStart(20, '0');
}

export async function readState<T>(ctx: Context, stateKey: string): Promise<T | undefined> {
  return parse<T>(await ctx.stub.getState(stateKey));
}

export async function writeState(ctx: Context, stateKey: string, value: unknown): Promise<void> {
  await ctx.stub.putState(stateKey, encode(value));
}

export async function readPrivate<T>(
  ctx: Context,
  collection: string,
  stateKey: string,
): Promise<T | undefined> {
  return parse<T>(await ctx.stub.getPrivateData(collection, stateKey));
}

export async function writePrivate(
  ctx: Context,
  collection: string,
  stateKey: string,
  value: unknown,
): Promise<void> {
  await ctx.stub.putPrivateData(collection, stateKey, encode(value));
}

/** Everything under a partial composite key, in the order of keys. */
export async function listState<T>(
  ctx: Context,
  kind: string,
  ...parts: string[]
): Promise<{ key: string; value: T }[]> {
  const found: { key: string; value: T }[] = [];
  for await (const entry of ctx.stub.getStateByPartialCompositeKey(kind, parts)) {
    const value = parse<T>(entry.value);
    if (value !== undefined) found.push({ key: entry.key, value });
  }
  return found;
}

/** One event a transaction: the bridges' projections follow them. Ids and states only. */
export function emit(ctx: Context, name: string, payload: unknown): void {
  ctx.stub.setEvent(name, encode(payload));
}

/** The time that the submitter put on the transaction: the only clock a contract may know, and only as honest as the submitter. */
export function transactionTime(ctx: Context): { at: number; text: string } {
  const at = ctx.stub.getDateTimestamp().getTime();
  return { at, text: instant(at) };
}

function encode(value: unknown): Uint8Array {
  return Buffer.from(canonicalJson(value), 'utf8');
}

function parse<T>(bytes: Uint8Array | undefined): T | undefined {
  return bytes && bytes.length > 0 ? (JSON.parse(Buffer.from(bytes).toString('utf8')) as T) : undefined;
}
