// SPDX-License-Identifier: Apache-2.0
import type { Description } from '../description.ts';
import { organizationsOf, peersOf } from '../nodes.ts';

/** The names that the contract uses: terms of consents, and what was asked for in an access. */
const COLLECTIONS = ['consentTerms', 'accessDetails'] as const;

/** Private data: with all members of the channel and nobody else, in no block, kept until they are purged. */
export function renderCollections(description: Description, members: readonly string[]): string {
  const organizations = organizationsOf(description, members);
  const others = peersOf(description, members).length - 1;
  return JSON.stringify(
    COLLECTIONS.map((name) => ({
      name,
      policy: `OR(${organizations.map(({ mspId }) => `'${mspId}.member'`).join(', ')})`,
      // Before a transaction is endorsed, another peer must have its private data: one that is lost then loses nothing.
      requiredPeerCount: Math.min(1, others),
      maxPeerCount: others,
      blockToLive: 0,
      memberOnlyRead: true,
      memberOnlyWrite: true,
    })),
    null,
    2,
  );
}
