// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import type { Network } from '@hyperledger/fabric-gateway';
import { common } from '@hyperledger/fabric-protos';
import { CATCH_UP_MS, deadline, QUERY_MS } from './deadlines.ts';
import { PeerLags } from './errors.ts';
import type { FabricPeers, Peer } from './peers.ts';

const LOOK_EVERY_MS = 50;

/** The peers as one channel uses them: a peer that was away is asked nothing before it knows what the bridge has seen committed. */
export class ChannelPeers {
  readonly peers: FabricPeers;
  readonly channel: string;
  /** Since how many failures of the peer it is known to be up to date. */
  readonly #caughtUp = new Map<Peer, { readonly failures: number; readonly done: Promise<void> }>();
  #newest = -1n;

  constructor(peers: FabricPeers, channel: string) {
    this.peers = peers;
    this.channel = channel;
  }

  ask<T>(work: (network: Network, peer: Peer) => Promise<T>): Promise<T> {
    return this.peers.ask(async (peer) => {
      await this.#upToDate(peer);
      return work(peer.gateway.getNetwork(this.channel), peer);
    });
  }

  /** The bridge knows of this block, and must never again be answered from before it. */
  sawBlock(number: bigint): void {
    if (number > this.#newest) this.#newest = number;
  }

  #upToDate(peer: Peer): Promise<void> {
    const { failures } = peer;
    const known = this.#caughtUp.get(peer);
    if (known?.failures === failures) return known.done;
    const done = this.#catchUp(peer);
    this.#caughtUp.set(peer, { failures, done });
    // Who waits for it hears of it; whoever comes later tries again.
    done.catch(() => this.#caughtUp.delete(peer));
    return done;
  }

  async #catchUp(peer: Peer): Promise<void> {
    const until = Date.now() + CATCH_UP_MS;
    while (this.#newest >= 0n && (await heightOf(peer, this.channel)) <= this.#newest) {
      if (Date.now() > until) throw new PeerLags(`${peer.address} has not caught up`);
      await pause(LOOK_EVERY_MS);
    }
  }
}

/** How many blocks a peer has, by its system chaincode qscc. */
export async function heightOf(peer: Peer, channel: string): Promise<bigint> {
  const query = peer.gateway
    .getNetwork(channel)
    .getContract('qscc')
    .newProposal('GetChainInfo', { arguments: [channel] });
  const info = common.BlockchainInfo.deserializeBinary(await query.evaluate(deadline(QUERY_MS)));
  return BigInt(info.getHeight());
}
