// SPDX-License-Identifier: Apache-2.0

/** How long a peer may take to answer a query before another is asked. */
export const QUERY_MS = 5_000;
/** All endorsements of a transaction, by all peers that the gateway asks for them. */
export const ENDORSE_MS = 6_000;
/** Handing an endorsed transaction to the ordering service. */
export const SUBMIT_MS = 5_000;
/** One wait for the commit. A transaction that an orderer lost with its leadership is then handed in again. */
export const COMMIT_MS = 10_000;
/** From the first try to hand it to the ordering service until its fate is called unknown. */
export const ORDERING_MS = 30_000;
/** How long a peer that came back may take to know what was committed while it was away. */
export const CATCH_UP_MS = 3_000;
/** A follower that hears nothing for so long asks whether there is something to hear. */
export const SILENCE_MS = 10_000;
/** After so long nothing is tried again, whatever the failure. */
export const PATIENCE_MS = 30_000;
/** A peer that failed is left alone for the first of these, and each time longer, up to the last. */
export const PEER_REST_MS = [2_000, 60_000] as const;

export function deadline(ms: number): { readonly deadline: number } {
  return { deadline: Date.now() + ms };
}

/** Doubles from `first` to `most` milliseconds, half of it by chance, so that those who failed together don't come back together. */
export function backoffMs(tries: number, first: number, most: number): number {
  return Math.min(most, first * 2 ** tries) * (0.5 + Math.random() / 2);
}
