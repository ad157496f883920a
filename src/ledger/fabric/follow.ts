// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import type { common } from '@hyperledger/fabric-protos';
import type { LedgerBlock } from '../ledger.ts';
import { type ChannelPeers, heightOf } from './channel-peers.ts';
import { backoffMs, SILENCE_MS } from './deadlines.ts';
import { readEvents } from './events.ts';
import type { Peer } from './peers.ts';

/** Every block from one on, in order, once: where a stream breaks, the next one begins with the block that comes next. */
export async function* followBlocks(
  peers: ChannelPeers,
  chaincode: string,
  from: bigint,
  signal: AbortSignal,
): AsyncGenerator<LedgerBlock, void, undefined> {
  let next = from;
  let tries = 0;
  while (!signal.aborted) {
    const [peer] = peers.peers.inOrder();
    if (!peer) return;
    const since = Date.now();
    try {
      for await (const block of streamFrom(peer, peers.channel, next, signal)) {
        const read = readEvents(block, chaincode);
        if (read.number !== next) throw new Error(`block ${read.number} came in place of ${next}`);
        peers.peers.answered(peer, since);
        peers.sawBlock(next);
        tries = 0;
        next += 1n;
        yield read;
      }
    } catch (error) {
      if (signal.aborted) return;
      peers.peers.failed(peer, since, error);
    }
    await pause(backoffMs(tries, 100, 2_000), undefined, { signal }).catch(() => undefined);
    tries += 1;
  }
}

/** The blocks of one peer's stream, until it breaks, falls silent although there are more, or the signal comes. */
async function* streamFrom(
  peer: Peer,
  channel: string,
  from: bigint,
  signal: AbortSignal,
): AsyncGenerator<common.Block, void, undefined> {
  const stream = await peer.gateway.getNetwork(channel).getBlockEvents({ startBlock: from });
  const blocks = stream[Symbol.asyncIterator]();
  const stop = () => stream.close();
  let next = from;
  try {
    for (;;) {
      // Asked for before anything can end the stream: gRPC throws at nobody in particular what nobody waits for.
      const coming = blocks.next();
      coming.catch(() => undefined);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) return;
      while (!(await arrives(coming, signal))) {
        if (signal.aborted || (await heightOf(peer, channel)) > next) return;
      }
      const { value, done } = await coming;
      if (done) return;
      next += 1n;
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** Whether it comes before the silence gets suspicious. */
async function arrives(coming: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  const enough = new AbortController();
  const silence = pause(SILENCE_MS, false, { signal: AbortSignal.any([signal, enough.signal]) });
  try {
    return await Promise.race([coming.then(() => true), silence]);
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    enough.abort();
    silence.catch(() => undefined);
  }
}
