// SPDX-License-Identifier: Apache-2.0
import type { Context } from 'fabric-contract-api';
import { ContractError } from './errors.ts';
import { key, listState, readState, transactionTime, writeState } from './state.ts';

/** An organization's own word that it holds records of a subject. It gives no right to anybody else's records. */
export interface Holder {
  readonly subject: string;
  readonly mspId: string;
  readonly since: string;
}

/** The first time counts. Throws ContractError('HOLDER_DUPLICATE'). */
export async function writeHolder(ctx: Context, subject: string, mspId: string): Promise<Holder> {
  const stateKey = key(ctx, 'holder', subject, mspId);
  if (await readState<Holder>(ctx, stateKey))
    throw new ContractError('HOLDER_DUPLICATE', `${mspId} is a holder of ${subject} already`);
  const holder: Holder = { subject, mspId, since: transactionTime(ctx).text };
  await writeState(ctx, stateKey, holder);
  return holder;
}

/** Asked for as a whole, also when one is meant: what a transaction read stands in its block, and a single key would name the holder. */
export async function holdersOf(ctx: Context, subject: string): Promise<Holder[]> {
  const found = await listState<Holder>(ctx, 'holder', subject);
  return found.map(({ value }) => value);
}
