// SPDX-License-Identifier: Apache-2.0
import { orderersOf, type PeerNode } from '../nodes.ts';
import { address } from '../places.ts';
import { cleanEnvironment, run } from '../run/command.ts';
import { page } from '../run/wait.ts';
import { nodeFolder, type Setup } from './network.ts';

const COMMAND_MS = 90_000;

/** Runs Fabric's `peer` as the administrator of a peer's organization; or as somebody else, whose `msp` folder is given. */
export function asAdmin(
  setup: Setup,
  peer: PeerNode,
  args: readonly string[],
  msp?: string,
): Promise<string> {
  const env = cleanEnvironment({
    // The peer's own configuration says where it is and how its TLS is checked.
    FABRIC_CFG_PATH: nodeFolder(setup.places, peer.name),
    CORE_PEER_MSPCONFIGPATH: msp ?? setup.keys.admin(peer.organization).msp,
  });
  return run(`${setup.tools.bin}/peer`, args, { env, timeoutMs: COMMAND_MS });
}

/** Arguments that name an orderer which is up. */
export async function toOrderer({ description, places, keys }: Setup): Promise<string[]> {
  for (const node of orderersOf(description)) {
    const { serves, operations } = places.orderer(node);
    if ((await page(operations, '/healthz')) !== undefined)
      return ['-o', address(serves), '--tls', '--cafile', keys.orderer(node).tls.authority];
  }
  throw new Error('no orderer answers');
}
