// SPDX-License-Identifier: Apache-2.0
import { pino } from 'pino';
import { ChannelPeers } from '../../../src/ledger/fabric/channel-peers.ts';
import type { FabricConnection } from '../../../src/ledger/fabric/connection.ts';
import { FabricPeers } from '../../../src/ledger/fabric/peers.ts';
import { qsccQueries } from '../../../src/ledger/fabric/qscc.ts';

/** Every block from `from` on that the peers of this connection have of a channel, byte for byte. Throws LedgerError. */
export async function rawBlocks(connection: FabricConnection, channel: string, from = 0n): Promise<Buffer[]> {
  const peers = new FabricPeers(connection, pino({ level: 'silent' }));
  try {
    const queries = qsccQueries(new ChannelPeers(peers, channel));
    const { height } = await queries.chainInfo();
    const blocks: Buffer[] = [];
    for (let number = from; number < height; number += 1n) {
      const block = await queries.block(number);
      if (!block) throw new Error(`block ${number} of ${channel} is missing`);
      blocks.push(Buffer.from(block));
    }
    return blocks;
  } finally {
    peers.close();
  }
}
