// SPDX-License-Identifier: Apache-2.0
import type { LedgerExplorer } from './explorer.ts';
import type { Ledger } from './ledger.ts';
import type { TrustedLedger } from './trust.ts';

/** One channel as one organization's bridge sees it. */
export interface LedgerChannel {
  readonly name: string;
  /** Also tells apart what is called the same on ledgers of different kinds: what a bridge keeps about the channel is kept under it. */
  readonly id: string;
  /** Under the identity of the organization. */
  readonly ledger: Ledger;
  readonly explorer: LedgerExplorer;
  /** What an outsider needs to believe this channel's evidence. */
  readonly trust: TrustedLedger;
  /** Ends followers and connections. */
  close(): Promise<void>;
}

/** The channels that a bridge is on, or something about each; the home channel is the first. */
export type Channels<T> = readonly [T, ...T[]];

export function mapChannels<T, U>([home, ...others]: Channels<T>, map: (each: T) => U): Channels<U> {
  return [map(home), ...others.map(map)];
}
