// SPDX-License-Identifier: Apache-2.0
import { type OrdererNode, orderersOf, type PeerNode, peersOf } from '../nodes.ts';
import { address } from '../places.ts';
import { cleanEnvironment, run } from '../run/command.ts';
import { asAdmin } from './admin.ts';
import { channelBlock, type Setup } from './network.ts';

const COMMAND_MS = 30_000;

/** Every orderer takes part in every channel, every peer in those of its organization; who has joined stays as it is. */
export async function joinChannels(setup: Setup): Promise<void> {
  const { description, say } = setup;
  const orderers = orderersOf(description).map((node) => joinOrderer(setup, node));
  const peers = Object.entries(description.channels).map(async ([channel, members]) => {
    const joined = await Promise.all(
      peersOf(description, members).map((peer) => joinPeer(setup, peer, channel)),
    );
    if (joined.includes(true)) say(`channel ${channel}: joined by ${members.join(', ')}`);
  });
  await Promise.all([...orderers, ...peers]);
}

async function joinOrderer({ description, places, keys, tools }: Setup, node: OrdererNode): Promise<void> {
  const { tls } = keys.orderer(node);
  const osnadmin = (...args: string[]) =>
    run(
      `${tools.bin}/osnadmin`,
      [
        ...['channel', ...args, '-o', address(places.orderer(node).admin)],
        ...['--ca-file', tls.authority, '--client-cert', tls.certificate, '--client-key', tls.key],
      ],
      { env: cleanEnvironment({}), timeoutMs: COMMAND_MS },
    );
  const listed = await osnadmin('list');
  for (const channel of Object.keys(description.channels)) {
    if (listed.includes(`"name": "${channel}"`)) continue;
    const said = await osnadmin(
      'join',
      '--channelID',
      channel,
      '--config-block',
      channelBlock(places, channel),
    );
    // It ends with 0 whatever the orderer answered.
    if (!/^Status: 201/m.test(said)) throw new Error(`${node.name} doesn't join ${channel}: ${said}`);
  }
}

async function joinPeer(setup: Setup, peer: PeerNode, channel: string): Promise<boolean> {
  const listed = await asAdmin(setup, peer, ['channel', 'list']);
  if (listed.split('\n').includes(channel)) return false;
  await asAdmin(setup, peer, ['channel', 'join', '-b', channelBlock(setup.places, channel)]);
  return true;
}
