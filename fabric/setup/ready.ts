// SPDX-License-Identifier: Apache-2.0
import { orderersOf, peersOf } from '../nodes.ts';
import { metric, page, until } from '../run/wait.ts';
import { asAdmin } from './admin.ts';
import type { Setup } from './network.ts';

const READY_MS = 90_000;

/** The orderer that leads a channel now; `undefined`: they have not elected one. */
export async function leaderOf({ description, places }: Setup, channel: string): Promise<string | undefined> {
  for (const node of orderersOf(description)) {
    const metrics = await page(places.orderer(node).operations, '/metrics');
    if (metrics && metric(metrics, 'consensus_etcdraft_is_leader', channel) === 1) return node.name;
  }
  return undefined;
}

export async function untilLed(setup: Setup): Promise<void> {
  for (const channel of Object.keys(setup.description.channels))
    await until(
      () => leaderOf(setup, channel),
      READY_MS,
      () => new Error(`the orderers have elected no leader for ${channel}`),
    );
}

/** Every peer knows all others of its channels: without that private data can't go round, and nothing private is endorsed. */
export async function untilAcquainted({ description, places }: Setup): Promise<void> {
  for (const [channel, members] of Object.entries(description.channels)) {
    const peers = peersOf(description, members);
    for (const peer of peers)
      await until(
        async () => {
          const metrics = await page(places.peer(peer).operations, '/metrics');
          const known = metrics && metric(metrics, 'gossip_membership_total_peers_known', channel);
          return known === peers.length - 1 ? known : undefined;
        },
        READY_MS,
        () => new Error(`${peer.name} does not know all other peers of ${channel}`),
      );
  }
}

/** The contract answers on every peer of every channel. */
export async function untilAnswering(setup: Setup): Promise<void> {
  const { description } = setup;
  const call = JSON.stringify({ Args: ['participants:List'] });
  const name = description.chaincode.name;
  const asked = Object.entries(description.channels).flatMap(([channel, members]) =>
    peersOf(description, members).map((peer) =>
      until(
        () => asAdmin(setup, peer, ['chaincode', 'query', '-C', channel, '-n', name, '-c', call]),
        READY_MS,
        (problem) => new Error(`the contract does not answer on ${peer.name} in ${channel}: ${problem}`),
      ),
    ),
  );
  await Promise.all(asked);
}
