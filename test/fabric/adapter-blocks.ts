// SPDX-License-Identifier: Apache-2.0
import { pino } from 'pino';
import { ChannelPeers } from '../../src/ledger/fabric/channel-peers.ts';
import type { FabricConnection } from '../../src/ledger/fabric/connection.ts';
import { FabricPeers } from '../../src/ledger/fabric/peers.ts';
import { qsccQueries } from '../../src/ledger/fabric/qscc.ts';

/** Every block from one on, as its bytes. */
export async function blockBytes(
  connection: FabricConnection,
  channel: string,
  from = 0n,
): Promise<Buffer[]> {
  const peers = new FabricPeers(connection, pino({ level: 'silent' }));
  try {
    const queries = qsccQueries(new ChannelPeers(peers, channel));
    const blocks: Buffer[] = [];
    for (let number = from; ; number += 1n) {
      const bytes = await queries.block(number);
      if (!bytes) return blocks;
      blocks.push(Buffer.from(bytes));
    }
  } finally {
    peers.close();
  }
}
